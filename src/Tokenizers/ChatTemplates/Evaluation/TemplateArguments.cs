namespace XlLoraOnnx.Tokenizers;

/// <summary>Arguments of a call, by position and by name.</summary>
internal sealed record TemplateArguments(IReadOnlyList<object?> Positional, IReadOnlyDictionary<string, object?> Named)
{
    public static TemplateArguments None { get; } = new([], new Dictionary<string, object?>());

    /// <summary>Without the first <paramref name="count"/> positional ones.</summary>
    public TemplateArguments Skip(int count) => new([.. Positional.Skip(count)], Named);

    /// <summary>Gives each argument its parameter.</summary>
    public BoundArguments Bind(TemplateRun run, string callee, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Count > parameters.Length)
            throw run.Invalid($"{callee} takes at most {parameters.Length} arguments and was given {Positional.Count}");
        var values = new Dictionary<string, object?>();
        for (var i = 0; i < Positional.Count; i++)
            values.Add(parameters[i], Positional[i]);
        foreach (var (name, value) in Named)
        {
            if (!parameters.Contains(name))
                throw run.Invalid($"{callee} has no argument '{name}'");
            if (!values.TryAdd(name, value))
                throw run.Invalid($"{callee} was given the argument '{name}' twice");
        }
        return new BoundArguments(run, callee, values);
    }
}

/// <summary>Arguments by parameter, read as what the callee needs.</summary>
internal sealed class BoundArguments(TemplateRun run, string callee, Dictionary<string, object?> values)
{
    public bool Has(string name) => values.ContainsKey(name);

    public object? Value(string name, object? fallback = null) => values.TryGetValue(name, out var value) ? value : fallback;

    public object? Required(string name) => values.TryGetValue(name, out var value)
        ? value
        : throw run.Invalid($"{callee} lacks its argument '{name}'");

    public string Text(string name, string? fallback = null) => (fallback is null ? Required(name) : Value(name, fallback)) switch
    {
        string text => text,
        var other => throw Wrong(name, other, "a string"),
    };

    public string? OptionalText(string name) => Value(name) switch
    {
        null => null,
        string text => text,
        var other => throw Wrong(name, other, "a string"),
    };

    public long Integer(string name, long fallback) => Value(name, fallback) switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        var other => throw Wrong(name, other, "an integer"),
    };

    public bool Flag(string name) => TemplateOperators.IsTrue(Value(name, false));

    private InvalidDataException Wrong(string name, object? value, string expected) =>
        run.Invalid($"{callee} was given {PythonText.TypeName(value)} as '{name}', expected {expected}");
}
