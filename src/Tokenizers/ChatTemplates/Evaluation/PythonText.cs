using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Text as Python sees it: code points, white space, and the printed form of values.</summary>
internal static class PythonText
{
    private const int MaxNesting = 32;

    /// <summary>str.isspace: .NET's set and the four separators U+001C to U+001F.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    public static bool HasSurrogates(string text) => text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0;

    public static int Length(string text) => HasSurrogates(text) ? CodePoints(text).Count : text.Length;

    /// <summary>One string per code point; halves of pairs that stand alone are code points too.</summary>
    public static List<string> CodePoints(string text)
    {
        var points = new List<string>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            points.Add(text.Substring(i, length));
            i += length - 1;
        }
        return points;
    }

    public static string TypeName(object? value) => value switch
    {
        null => "none",
        bool => "a boolean",
        long => "an integer",
        double => "a float",
        string => "a string",
        TemplateMapping => "a dict",
        TemplateSequence { Kind: var kind } => $"a {kind.ToString().ToLowerInvariant()}",
        TemplateUndefined undefined => $"an undefined value ({undefined.Reason})",
        TemplateNamespace => "a namespace",
        TemplateLoop => "the loop variable",
        _ => "a function",
    };

    /// <summary>str(value)</summary>
    public static string Of(TemplateRun run, object? value)
    {
        if (value is string text)
            return text;
        if (value is TemplateUndefined)
            return "";
        var result = new StringBuilder();
        AppendRepresentation(run, result, value, 0);
        return result.ToString();
    }

    /// <summary>repr(float): the shortest digits that read back as the same number.</summary>
    public static string OfFloat(double value)
    {
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        var (digits, exponent) = Digits(Math.Abs(value).ToString("R", CultureInfo.InvariantCulture));
        var sign = double.IsNegative(value) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }
        if (exponent < 0)
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        var whole = digits.PadRight(exponent + 1, '0');
        return $"{sign}{whole[..(exponent + 1)]}.{(whole.Length > exponent + 1 ? whole[(exponent + 1)..] : "0")}";
    }

    /// <returns>Significant digits, and the power of ten of the first of them.</returns>
    private static (string Digits, int Exponent) Digits(string number)
    {
        var parts = number.Split('E');
        var point = parts[0].IndexOf('.', StringComparison.Ordinal);
        var digits = parts[0].Replace(".", "", StringComparison.Ordinal);
        var leadingZeros = digits.Length - digits.TrimStart('0').Length;
        var significant = digits.Trim('0');
        if (significant.Length == 0)
            return ("0", 0);
        var shift = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        return (significant, (point < 0 ? digits.Length : point) - 1 - leadingZeros + shift);
    }

    private static void AppendRepresentation(TemplateRun run, StringBuilder result, object? value, int nesting)
    {
        if (nesting > MaxNesting)
            throw run.Invalid($"a value is nested deeper than the {MaxNesting} levels that can be printed");
        switch (value)
        {
            case null:
                result.Append("None");
                break;
            case bool flag:
                result.Append(flag ? "True" : "False");
                break;
            case long number:
                result.Append(number);
                break;
            case double number:
                result.Append(OfFloat(number));
                break;
            case string text:
                AppendQuoted(run, result, text);
                break;
            case TemplateUndefined:
                result.Append("Undefined");
                break;
            case TemplateSequence { Kind: TemplateSequenceKind.List or TemplateSequenceKind.Tuple } sequence:
                AppendSequence(run, result, sequence, nesting);
                break;
            case TemplateMapping mapping:
                AppendMapping(run, result, mapping, nesting);
                break;
            default:
                throw run.Unsupported($"{TypeName(value)} cannot be printed");
        }
        run.Charge(1);
    }

    private static void AppendSequence(TemplateRun run, StringBuilder result, TemplateSequence sequence, int nesting)
    {
        var isList = sequence.Kind == TemplateSequenceKind.List;
        result.Append(isList ? '[' : '(');
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            result.Append(i > 0 ? ", " : "");
            AppendRepresentation(run, result, sequence.Items[i], nesting + 1);
        }
        result.Append(isList ? "]" : sequence.Items.Count == 1 ? ",)" : ")");
    }

    private static void AppendMapping(TemplateRun run, StringBuilder result, TemplateMapping mapping, int nesting)
    {
        result.Append('{');
        var separator = "";
        foreach (var (key, value) in mapping.Entries)
        {
            result.Append(separator);
            AppendRepresentation(run, result, key, nesting + 1);
            result.Append(": ");
            AppendRepresentation(run, result, value, nesting + 1);
            separator = ", ";
        }
        result.Append('}');
    }

    /// <summary>repr(str)</summary>
    private static void AppendQuoted(TemplateRun run, StringBuilder result, string text)
    {
        run.ChargeCharacters(text.Length);
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        result.Append(quote);
        for (var i = 0; i < text.Length; i++)
        {
            var pair = char.IsSurrogatePair(text, i);
            var code = pair ? char.ConvertToUtf32(text, i) : text[i];
            if (code == quote || code == '\\')
                result.Append('\\').Append((char)code);
            else if (code is '\n' or '\r' or '\t')
                result.Append('\\').Append(code == '\n' ? 'n' : code == '\r' ? 'r' : 't');
            else if (code != ' ' && !IsPrintable(CharUnicodeInfo.GetUnicodeCategory(code)))
                result.Append(code <= 0xFF ? $"\\x{code:x2}" : code <= char.MaxValue ? $"\\u{code:x4}" : $"\\U{code:x8}");
            else
                result.Append(text, i, pair ? 2 : 1);
            i += pair ? 1 : 0;
        }
        result.Append(quote);
    }

    private static bool IsPrintable(UnicodeCategory category) => category is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
