using System.Globalization;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Filters that make numbers.</summary>
internal static partial class TemplateFilters
{
    private static object? ToInteger(TemplateRun run, object? value, TemplateArguments arguments)
    {
        var bound = arguments.Bind(run, "int", "default", "base");
        if (bound.Integer("base", 10) != 10)
            throw run.Unsupported("int with a base other than 10 is not supported");
        if (value is string digits && digits.Any(c => c > '~' && char.IsDigit(c)))
            throw run.Unsupported("int is supported for the digits 0 to 9");
        if (value is string text && Integer().IsMatch(text = Trimmed(text)))
            return long.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture, out var parsed)
                ? parsed
                : throw run.Invalid("int was given a number that does not fit into 64 bits");
        return value switch
        {
            bool flag => flag ? 1L : 0L,
            long number => number,
            TemplateUndefined undefined => throw run.Invalid($"int was given {undefined.Reason}"),
            _ => Number(value) switch
            {
                null => bound.Value("default", 0L),
                var number when !double.IsFinite(number.Value) => bound.Value("default", 0L),
                var number when Math.Abs(number.Value) < long.MaxValue => (long)number.Value,
                _ => throw run.Invalid("int was given a number that does not fit into 64 bits"),
            },
        };
    }

    private static object? ToFloat(TemplateRun run, object? value, TemplateArguments arguments)
    {
        var bound = arguments.Bind(run, "float", "default");
        return value is TemplateUndefined undefined
            ? throw run.Invalid($"float was given {undefined.Reason}")
            : Number(value) ?? bound.Value("default", 0.0);
    }

    /// <summary>float(value), or null where Python refuses.</summary>
    private static double? Number(object? value) => value switch
    {
        double number => number,
        long number => number,
        bool flag => flag ? 1 : 0,
        string text when Float().IsMatch(text = Trimmed(text)) =>
            double.Parse(text.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture),
        string text => Trimmed(text).TrimStart('+', '-').ToLowerInvariant() switch
        {
            "nan" => double.NaN,
            "inf" or "infinity" => Trimmed(text)[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity,
            _ => null,
        },
        _ => null,
    };

    private static object Round(TemplateRun run, object? value, TemplateArguments arguments)
    {
        const int MaxPrecision = 15;
        var bound = arguments.Bind(run, "round", "precision", "method");
        var precision = bound.Integer("precision", 0);
        var method = bound.Text("method", "common");
        if (method is not ("common" or "ceil" or "floor"))
            throw run.Invalid($"round has no method '{TemplateSource.Shown(method)}'; common, ceil and floor it has");
        if (precision is < 0 or > MaxPrecision)
            throw run.Unsupported($"round to {precision} digits is not supported; 0 to {MaxPrecision} are");
        var number = TemplateOperators.Negate(run, "+", value);
        if (method == "common")
            return number is double exact ? RoundToEven(exact, (int)precision) : number;
        var factor = Math.Pow(10, precision);
        var scaled = Convert.ToDouble(number, CultureInfo.InvariantCulture) * factor;
        return (method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)) / factor;
    }

    /// <summary>Python rounds the exact value, and ties (which only binary fractions can be) to even.</summary>
    private static double RoundToEven(double value, int precision)
    {
        var factor = Math.Pow(10, precision);
        var scaled = value * factor;
        if (!double.IsFinite(scaled) || precision == 0)
            return precision == 0 ? Math.Round(value, MidpointRounding.ToEven) : value;
        var isTie = Math.Abs(scaled - Math.Truncate(scaled)) == 0.5 && Math.FusedMultiplyAdd(value, factor, -scaled) == 0;
        return isTie
            ? Math.Round(scaled, MidpointRounding.ToEven) / factor
            : double.Parse(value.ToString("F" + precision, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static string Trimmed(string text) => text.Trim().Trim('\u001c', '\u001d', '\u001e', '\u001f');

    [GeneratedRegex(@"\A[+-]?[0-9]+(?:_[0-9]+)*\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Integer();

    [GeneratedRegex(@"\A[+-]?(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9](?:_?[0-9])*)?\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Float();
}
