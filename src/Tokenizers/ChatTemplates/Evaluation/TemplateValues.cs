namespace XlLoraOnnx.Tokenizers;

// Values are null (None), bool, long, double, string and the types of this file: data, and no more.

/// <summary>Jinja's Undefined: prints as nothing, is false, is empty; any other use is an error that says what is undefined.</summary>
internal sealed class TemplateUndefined(string reason)
{
    public string Reason => reason;
}

/// <summary>What Python calls list, tuple, range and generator; they differ in how they compare and print.</summary>
internal enum TemplateSequenceKind
{
    List,
    Tuple,
    Range,
    Generator,
}

internal sealed class TemplateSequence(IReadOnlyList<object?> items, TemplateSequenceKind kind = TemplateSequenceKind.List)
{
    public IReadOnlyList<object?> Items => items;

    public TemplateSequenceKind Kind => kind;
}

/// <summary>A dict: keys in the order of insertion; 1, 1.0 and true are one key, as in Python.</summary>
internal sealed class TemplateMapping
{
    private readonly OrderedDictionary<object, object?> _entries = new(new KeyComparer());

    public TemplateMapping()
    {
    }

    public TemplateMapping(IEnumerable<KeyValuePair<string, object?>> entries)
    {
        foreach (var (key, value) in entries)
            _entries[key] = value;
    }

    public int Count => _entries.Count;

    public IReadOnlyList<object> Keys => _entries.Keys;

    public IReadOnlyList<object?> Values => _entries.Values;

    public IEnumerable<KeyValuePair<object, object?>> Entries => _entries;

    public object? this[object key]
    {
        set => _entries[key] = value;
    }

    public bool TryGetValue(object key, out object? value) => _entries.TryGetValue(key, out value);

    public static bool IsKey(object? value) => value is string or long or double or bool;

    private sealed class KeyComparer : IEqualityComparer<object>
    {
        bool IEqualityComparer<object>.Equals(object? x, object? y) =>
            x is string || y is string ? x is string a && y is string b && a == b : Number(x!) == Number(y!);

        public int GetHashCode(object key) => key is string text ? text.GetHashCode(StringComparison.Ordinal) : Number(key).GetHashCode();

        private static double Number(object key) => key switch
        {
            bool flag => flag ? 1 : 0,
            long number => number,
            _ => (double)key,
        };
    }
}

/// <summary>The one value that <c>set</c> can change.</summary>
internal sealed class TemplateNamespace
{
    public Dictionary<string, object?> Attributes { get; } = new(StringComparer.Ordinal);
}

/// <summary>The variable <c>loop</c>.</summary>
internal sealed class TemplateLoop(IReadOnlyList<object?> items, int index)
{
    public object? this[string name] => name switch
    {
        "index" => (long)index + 1,
        "index0" => (long)index,
        "revindex" => (long)items.Count - index,
        "revindex0" => (long)items.Count - index - 1,
        "first" => index == 0,
        "last" => index == items.Count - 1,
        "length" => (long)items.Count,
        "previtem" => index > 0 ? items[index - 1] : new TemplateUndefined("there is no previous item"),
        "nextitem" => index < items.Count - 1 ? items[index + 1] : new TemplateUndefined("there is no next item"),
        "depth" => 1L,
        "depth0" => 0L,
        _ => new TemplateUndefined($"loop has no '{name}'"),
    };
}

/// <summary>A method that waits to be called, <c>text.strip</c>.</summary>
internal sealed record TemplateMethod(object Target, string Name);

internal sealed record TemplateMacro(MacroStatement Definition, TemplateScope Scope);

/// <summary>A function that the interpreter itself offers: range, namespace, raise_exception, strftime_now.</summary>
internal sealed record TemplateFunction(string Name, Func<TemplateRun, TemplateArguments, object?> Call);

/// <summary>Variables of a block; a loop's body and a macro have scopes of their own, an <c>if</c> has not.</summary>
internal sealed class TemplateScope(TemplateScope? parent)
{
    private readonly Dictionary<string, object?> _variables = new(StringComparer.Ordinal);

    public void Set(string name, object? value) => _variables[name] = value;

    public bool TryGet(string name, out object? value)
    {
        for (var scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._variables.TryGetValue(name, out value))
                return true;
        }
        value = null;
        return false;
    }

    private TemplateScope? Parent => parent;
}
