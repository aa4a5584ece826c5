namespace XlLoraOnnx.Tokenizers;

/// <summary>What <c>value.name</c> and <c>value[index]</c> reach: data, and the methods of <see cref="TemplateMethods"/>.</summary>
internal static class TemplateMembers
{
    public static object? Attribute(TemplateRun run, object? target, string name) => target switch
    {
        TemplateUndefined undefined => throw run.Invalid($"it has no attribute '{name}': {undefined.Reason}"),
        TemplateLoop loop => Loop(run, loop, name),
        TemplateNamespace owner => owner.Attributes.TryGetValue(name, out var value)
            ? value
            : new TemplateUndefined($"the namespace has no attribute '{name}'"),
        // as in Python, a method hides a key of the same name here, and a key hides the method in a subscript
        TemplateMapping mapping => (object?)TemplateMethods.Find(run, mapping, name)
            ?? (mapping.TryGetValue(name, out var value) ? value : Missing(name)),
        _ => (object?)TemplateMethods.Find(run, target, name)
            ?? new TemplateUndefined($"{PythonText.TypeName(target)} has no attribute '{TemplateSource.Shown(name)}'"),
    };

    public static object? Subscript(TemplateRun run, object? target, object? index)
    {
        switch (target)
        {
            case TemplateUndefined undefined:
                throw run.Invalid($"it has no items: {undefined.Reason}");
            case TemplateMapping mapping when TemplateMapping.IsKey(index):
                return mapping.TryGetValue(index!, out var value) ? value
                    : index is string key ? (object?)TemplateMethods.Find(run, mapping, key) ?? Missing(key)
                    : new TemplateUndefined("the dict has no such key");
            case string text when Position(index) is { } position:
                return Character(run, text, position);
            case TemplateSequence { Kind: not TemplateSequenceKind.Generator } sequence when Position(index) is { } position:
                var at = position < 0 ? position + sequence.Items.Count : position;
                return at >= 0 && at < sequence.Items.Count ? sequence.Items[(int)at] : OutOfRange(position);
            default:
                if (index is string name && name.StartsWith('_'))
                    throw run.Unsupported($"the attribute '{TemplateSource.Shown(name)}' begins with '_'; only data can be reached");
                return index is string attribute
                    ? Attribute(run, target, attribute)
                    : new TemplateUndefined($"{PythonText.TypeName(target)} has no such item");
        }
    }

    private static object? Loop(TemplateRun run, TemplateLoop loop, string name) => name is "cycle" or "changed"
        ? throw run.Unsupported($"'loop.{name}' is not supported")
        : loop[name];

    private static object Character(TemplateRun run, string text, long position)
    {
        if (!PythonText.HasSurrogates(text))
        {
            run.ChargeCharacters(text.Length);
            var at = position < 0 ? position + text.Length : position;
            return at >= 0 && at < text.Length ? text[(int)at].ToString() : OutOfRange(position);
        }
        run.Charge(text.Length);
        var points = PythonText.CodePoints(text);
        var index = position < 0 ? position + points.Count : position;
        return index >= 0 && index < points.Count ? points[(int)index] : OutOfRange(position);
    }

    private static long? Position(object? index) => index switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        _ => null,
    };

    private static TemplateUndefined Missing(string key) => new($"the dict has no key '{TemplateSource.Shown(key)}'");

    private static TemplateUndefined OutOfRange(long position) => new($"there is no item {position}");
}
