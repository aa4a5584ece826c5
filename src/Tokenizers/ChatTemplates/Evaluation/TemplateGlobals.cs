using System.Globalization;

namespace XlLoraOnnx.Tokenizers;

/// <summary>The functions that a template finds: Jinja's range and namespace, transformers' raise_exception and strftime_now.</summary>
internal static class TemplateGlobals
{
    /// <summary>Jinja's own limit in its sandbox.</summary>
    private const long MaxRange = 100_000;

    /// <param name="now">The time that strftime_now prints; without one the function is undefined, which templates test for.</param>
    public static TemplateScope CreateScope(DateTimeOffset? now)
    {
        var scope = new TemplateScope(null);
        Add(scope, "range", Range);
        Add(scope, "namespace", Namespace);
        Add(scope, "raise_exception", RaiseException);
        if (now is { } time)
            Add(scope, "strftime_now", (run, arguments) =>
                StrFTime(run, arguments.Bind(run, "strftime_now()", "format").Text("format"), time));
        return scope;
    }

    private static void Add(TemplateScope scope, string name, Func<TemplateRun, TemplateArguments, object?> call) =>
        scope.Set(name, new TemplateFunction(name, call));

    private static object RaiseException(TemplateRun run, TemplateArguments arguments)
    {
        var message = arguments.Bind(run, "raise_exception()", "message").Required("message");
        throw run.Invalid($"it refuses the messages: {PythonText.Of(run, message)}");
    }

    private static TemplateSequence Range(TemplateRun run, TemplateArguments arguments)
    {
        var bound = arguments.Bind(run, "range()", "start", "stop", "step");
        if (arguments.Named.Count > 0 || arguments.Positional.Count == 0)
            throw run.Invalid("range() takes one to three arguments by position");
        var (start, stop) = bound.Has("stop") ? (bound.Integer("start", 0), bound.Integer("stop", 0)) : (0, bound.Integer("start", 0));
        var step = bound.Integer("step", 1);
        if (step == 0)
            throw run.Invalid("the step of range() is 0");
        var count = step > 0 ? ((Int128)stop - start + step - 1) / step : ((Int128)start - stop - step - 1) / -(Int128)step;
        if (count > MaxRange)
            throw run.Invalid($"range() gives {count} numbers; {MaxRange:N0} are allowed");
        run.Charge((long)Int128.Max(0, count));
        var numbers = new List<object?>();
        for (var i = 0L; i < count; i++)
            numbers.Add(start + i * step);
        return new TemplateSequence(numbers, TemplateSequenceKind.Range);
    }

    private static TemplateNamespace Namespace(TemplateRun run, TemplateArguments arguments)
    {
        var created = new TemplateNamespace();
        if (arguments.Positional.Count > 1 || (arguments.Positional.Count == 1 && arguments.Positional[0] is not TemplateMapping))
            throw run.Invalid("namespace() takes arguments by name, or a dict");
        if (arguments.Positional.Count == 1)
        {
            foreach (var (key, value) in ((TemplateMapping)arguments.Positional[0]!).Entries)
                created.Attributes[key as string ?? throw run.Invalid("namespace() takes a dict with strings as keys")] = value;
        }
        foreach (var (name, value) in arguments.Named)
            created.Attributes[name] = value;
        return created;
    }

    private static string StrFTime(TemplateRun run, string format, DateTimeOffset time)
    {
        run.ChargeCharacters(format.Length * 16L);
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
                text.Append(format[i]);
            else if (++i < format.Length && format[i] == '%')
                text.Append('%');
            else
                text.Append(Directive(run, i < format.Length ? format[i] : ' ', time));
        }
        return text.ToString();
    }

    private static string Directive(TemplateRun run, char directive, DateTimeOffset time)
    {
        if (directive == 'j')
            return time.DayOfYear.ToString("000", CultureInfo.InvariantCulture);
        var format = directive switch
        {
            'd' => "dd",
            'm' => "MM",
            'Y' => "yyyy",
            'y' => "yy",
            'b' => "MMM",
            'B' => "MMMM",
            'a' => "ddd",
            'A' => "dddd",
            'H' => "HH",
            'I' => "hh",
            'M' => "mm",
            'S' => "ss",
            'p' => "tt",
            'F' => "yyyy-MM-dd",
            'T' => "HH:mm:ss",
            _ => throw run.Unsupported(
                $"'%{directive}' in strftime_now() is not supported; %d %m %Y %y %b %B %a %A %H %I %M %S %p %j %F %T are"),
        };
        return time.ToString(format, CultureInfo.InvariantCulture);
    }
}
