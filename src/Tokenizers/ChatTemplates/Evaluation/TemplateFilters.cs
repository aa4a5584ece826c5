namespace XlLoraOnnx.Tokenizers;

/// <summary>Jinja's filters on single values, and the table of all.</summary>
internal static partial class TemplateFilters
{
    private delegate object? Filter(TemplateRun run, object? value, TemplateArguments arguments);

    private static readonly Dictionary<string, Filter> Table = new()
    {
        ["abs"] = (run, value, arguments) => Absolute(run, value, arguments),
        ["capitalize"] = (run, value, arguments) => PythonStrings.Capitalized(Text(run, "capitalize", value, arguments)),
        ["count"] = (run, value, arguments) => Length(run, value, arguments),
        ["d"] = Default,
        ["default"] = Default,
        ["dictsort"] = SortMapping,
        ["first"] = (run, value, arguments) => End(run, "first", value, arguments),
        ["float"] = ToFloat,
        ["indent"] = Indent,
        ["int"] = ToInteger,
        ["items"] = Entries,
        ["join"] = Join,
        ["last"] = (run, value, arguments) => End(run, "last", value, arguments),
        ["length"] = (run, value, arguments) => Length(run, value, arguments),
        ["list"] = ToList,
        ["lower"] = (run, value, arguments) => PythonStrings.ChangeCase(Text(run, "lower", value, arguments), "lower"),
        ["map"] = Map,
        ["max"] = (run, value, arguments) => Extreme(run, "max", value, arguments),
        ["min"] = (run, value, arguments) => Extreme(run, "min", value, arguments),
        ["reject"] = (run, value, arguments) => Select(run, "reject", value, arguments, keep: false, byAttribute: false),
        ["rejectattr"] = (run, value, arguments) => Select(run, "rejectattr", value, arguments, keep: false, byAttribute: true),
        ["replace"] = Replace,
        ["reverse"] = Reverse,
        ["round"] = Round,
        ["safe"] = (run, value, arguments) => Text(run, "safe", value, arguments),
        ["select"] = (run, value, arguments) => Select(run, "select", value, arguments, keep: true, byAttribute: false),
        ["selectattr"] = (run, value, arguments) => Select(run, "selectattr", value, arguments, keep: true, byAttribute: true),
        ["sort"] = Sort,
        ["string"] = (run, value, arguments) => Text(run, "string", value, arguments),
        ["sum"] = Sum,
        ["title"] = (run, value, arguments) => Title(Text(run, "title", value, arguments)),
        ["tojson"] = (run, value, arguments) =>
            PythonJson.Of(run, value, arguments.Bind(run, "tojson", "ensure_ascii", "indent", "separators", "sort_keys")),
        ["trim"] = Trim,
        ["unique"] = Unique,
        ["upper"] = (run, value, arguments) => PythonStrings.ChangeCase(Text(run, "upper", value, arguments), "upper"),
    };

    public static string Names => string.Join(", ", Table.Keys);

    public static bool Exists(string name) => Table.ContainsKey(name);

    public static object? Apply(TemplateRun run, string name, object? value, TemplateArguments arguments)
    {
        run.Charge(1);
        return Table.TryGetValue(name, out var filter)
            ? filter(run, value, arguments)
            : throw run.Unsupported($"the filter '{TemplateSource.Shown(name)}' is not supported; supported are {Names}");
    }

    /// <summary>For filters without arguments that take any value as text.</summary>
    private static string Text(TemplateRun run, string filter, object? value, TemplateArguments arguments)
    {
        arguments.Bind(run, filter);
        var text = PythonText.Of(run, value);
        run.ChargeCharacters(text.Length);
        return text;
    }

    private static object Absolute(TemplateRun run, object? value, TemplateArguments arguments)
    {
        arguments.Bind(run, "abs");
        return TemplateOperators.Negate(run, "+", value) switch
        {
            double number => (object)Math.Abs(number),
            long number and > long.MinValue => Math.Abs(number),
            _ => throw run.Invalid("the result of abs does not fit into 64 bits"),
        };
    }

    private static object? Default(TemplateRun run, object? value, TemplateArguments arguments)
    {
        var bound = arguments.Bind(run, "default", "default_value", "boolean");
        return value is TemplateUndefined || (bound.Flag("boolean") && !TemplateOperators.IsTrue(value))
            ? bound.Value("default_value", "")
            : value;
    }

    private static object Length(TemplateRun run, object? value, TemplateArguments arguments)
    {
        arguments.Bind(run, "length");
        switch (value)
        {
            case string text:
                run.ChargeCharacters(text.Length);
                return (long)PythonText.Length(text);
            case TemplateSequence { Kind: not TemplateSequenceKind.Generator } sequence:
                return (long)sequence.Items.Count;
            case TemplateMapping mapping:
                return (long)mapping.Count;
            case TemplateUndefined:
                return 0L;
            default:
                throw run.Invalid($"{PythonText.TypeName(value)} has no length");
        }
    }

    private static string Trim(TemplateRun run, object? value, TemplateArguments arguments)
    {
        var characters = arguments.Bind(run, "trim", "chars").OptionalText("chars");
        var text = PythonText.Of(run, value);
        run.ChargeCharacters(text.Length);
        return PythonStrings.Strip(run, text, characters, left: true, right: true);
    }

    private static string Replace(TemplateRun run, object? value, TemplateArguments arguments)
    {
        var bound = arguments.Bind(run, "replace", "old", "new", "count");
        var count = bound.Value("count") is null ? -1 : bound.Integer("count", -1);
        return PythonStrings.Replace(run, PythonText.Of(run, value), PythonText.Of(run, bound.Required("old")),
            PythonText.Of(run, bound.Required("new")), count);
    }

    /// <summary>Words begin after white space and after - ( { [ &lt;.</summary>
    private static string Title(string text)
    {
        var pieces = new System.Text.StringBuilder(text.Length);
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && IsWordStart(text[end]))
                end++;
            pieces.Append(text, start, end - start);
            start = end;
            while (end < text.Length && !IsWordStart(text[end]))
                end++;
            pieces.Append(PythonStrings.Capitalized(text[start..end]));
            start = end;
        }
        return pieces.ToString();

        static bool IsWordStart(char c) => PythonText.IsSpace(c) || c is '-' or '(' or '{' or '[' or '<';
    }

    private static string Indent(TemplateRun run, object? value, TemplateArguments arguments)
    {
        var bound = arguments.Bind(run, "indent", "width", "first", "blank");
        var width = bound.Value("width", 4L) as string ?? (string)TemplateOperators.Arithmetic(run, "*", " ", bound.Integer("width", 4))!;
        var lines = PythonStrings.SplitLines(run, PythonText.Of(run, value) + "\n", keepEnds: false).Items;
        run.ChargeCharacters((long)width.Length * lines.Count);
        var indented = lines.Select((line, i) =>
            i == 0 || (!bound.Flag("blank") && ((string)line!).Length == 0) ? (string)line! : width + (string)line!);
        return (bound.Flag("first") ? width : "") + PythonStrings.Join(run, "\n", [.. indented]);
    }
}
