namespace XlLoraOnnx.Tokenizers;

/// <summary>Jinja's tests: <c>x is name</c>.</summary>
internal static class TemplateChecks
{
    private static readonly Dictionary<string, Func<object?, bool>> OfValues = new()
    {
        ["defined"] = value => value is not TemplateUndefined,
        ["undefined"] = value => value is TemplateUndefined,
        ["none"] = value => value is null,
        ["boolean"] = value => value is bool,
        ["true"] = value => value is true,
        ["false"] = value => value is false,
        ["integer"] = value => value is long,
        ["float"] = value => value is double,
        ["number"] = value => value is long or double or bool,
        ["string"] = value => value is string,
        ["mapping"] = value => value is TemplateMapping,
        ["sequence"] = value => value is string or TemplateMapping or TemplateUndefined
            or TemplateSequence { Kind: not TemplateSequenceKind.Generator },
        ["iterable"] = value => value is string or TemplateMapping or TemplateSequence or TemplateUndefined,
        ["callable"] = value => value is TemplateMacro or TemplateFunction or TemplateMethod,
    };

    private static readonly Dictionary<string, string> Comparisons = new()
    {
        ["eq"] = "==",
        ["equalto"] = "==",
        ["ne"] = "!=",
        ["lt"] = "<",
        ["lessthan"] = "<",
        ["le"] = "<=",
        ["gt"] = ">",
        ["greaterthan"] = ">",
        ["ge"] = ">=",
        ["in"] = "in",
    };

    private static readonly HashSet<string> Others = ["odd", "even", "divisibleby", "sameas", "lower", "upper"];

    public static string Names => string.Join(", ", OfValues.Keys.Concat(Comparisons.Keys).Concat(Others));

    /// <summary>As it is written after <c>is</c>; select and its kin also take operators.</summary>
    public static bool Exists(string name) =>
        OfValues.ContainsKey(name) || Comparisons.ContainsKey(name) || Others.Contains(name);

    public static bool Holds(TemplateRun run, string name, object? value, TemplateArguments arguments)
    {
        if (OfValues.TryGetValue(name, out var holds))
        {
            arguments.Bind(run, $"the test '{name}'");
            return holds(value);
        }
        if (Comparisons.TryGetValue(name, out var op) || Comparisons.ContainsValue(op = name))
            return TemplateOperators.Compare(run, op, value, arguments.Bind(run, $"the test '{name}'", "other").Required("other"));
        switch (name)
        {
            case "odd" or "even":
                arguments.Bind(run, $"the test '{name}'");
                return IsDivisible(run, value, 2L) == (name == "even");
            case "divisibleby":
                return IsDivisible(run, value, arguments.Bind(run, "the test 'divisibleby'", "num").Required("num"));
            case "sameas":
                return IsSame(run, value, arguments.Bind(run, "the test 'sameas'", "other").Required("other"));
            case "lower" or "upper":
                arguments.Bind(run, $"the test '{name}'");
                return IsCase(PythonText.Of(run, value), lower: name == "lower");
            default:
                throw run.Unsupported($"the test '{TemplateSource.Shown(name)}' is not supported; supported are {Names}");
        }
    }

    private static bool IsDivisible(TemplateRun run, object? value, object? divisor) =>
        TemplateOperators.AreEqual(run, TemplateOperators.Arithmetic(run, "%", value, divisor), 0L);

    private static bool IsSame(TemplateRun run, object? value, object? other) => (value, other) switch
    {
        (null or bool, _) or (_, null or bool) => Equals(value, other),
        (string or long or double, _) => throw run.Unsupported("'sameas' is supported for none, booleans, lists and dicts; use 'eq'"),
        _ => ReferenceEquals(value, other),
    };

    private static bool IsCase(string text, bool lower) =>
        text.Any(char.IsLetter) && text == (lower ? text.ToLowerInvariant() : text.ToUpperInvariant());
}
