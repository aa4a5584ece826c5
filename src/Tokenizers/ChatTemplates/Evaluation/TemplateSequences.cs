namespace XlLoraOnnx.Tokenizers;

/// <summary>Walking through values, and cutting them.</summary>
internal static class TemplateSequences
{
    /// <summary>What a loop over the value sees: items, keys, or characters.</summary>
    public static IReadOnlyList<object?> Items(TemplateRun run, object? value)
    {
        switch (value)
        {
            case TemplateSequence sequence:
                run.Charge(sequence.Items.Count);
                return sequence.Items;
            case TemplateMapping mapping:
                run.Charge(mapping.Count);
                return [.. mapping.Keys];
            case string text:
                run.Charge(text.Length);
                return PythonText.CodePoints(text);
            case TemplateUndefined:
                return [];
            default:
                throw run.Invalid($"{PythonText.TypeName(value)} cannot be walked through");
        }
    }

    public static object? Slice(TemplateRun run, object? target, long? start, long? stop, long? step)
    {
        if (step == 0)
            throw run.Invalid("the step of a slice is 0");
        switch (target)
        {
            case string text when !PythonText.HasSurrogates(text):
                run.ChargeCharacters(text.Length);
                return new string([.. Positions(text.Length, start, stop, step ?? 1).Select(i => text[i])]);
            case string text:
                run.Charge(text.Length);
                var points = PythonText.CodePoints(text);
                return string.Concat(Positions(points.Count, start, stop, step ?? 1).Select(i => points[i]));
            case TemplateSequence { Kind: not TemplateSequenceKind.Generator } sequence:
                run.Charge(sequence.Items.Count);
                return new TemplateSequence(
                    [.. Positions(sequence.Items.Count, start, stop, step ?? 1).Select(i => sequence.Items[i])], sequence.Kind);
            case TemplateUndefined undefined:
                throw run.Invalid($"cannot be sliced: {undefined.Reason}");
            default:
                throw run.Invalid($"{PythonText.TypeName(target)} cannot be sliced");
        }
    }

    /// <summary>slice.indices of Python</summary>
    private static IEnumerable<int> Positions(int count, long? start, long? stop, long step)
    {
        var (lowest, highest) = step > 0 ? (0, count) : (-1, count - 1);
        var from = start is { } a ? Clamp(a) : step > 0 ? lowest : highest;
        var to = stop is { } b ? Clamp(b) : step > 0 ? highest : lowest;
        for (var i = (Int128)from; step > 0 ? i < to : i > to; i += step)
            yield return (int)i;

        long Clamp(long bound) => Math.Clamp(bound < 0 ? bound + count : bound, lowest, highest);
    }
}
