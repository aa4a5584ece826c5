using System.Globalization;

namespace XlLoraOnnx.Runtime;

/// <summary>Answers that a decoder writes while it reads the source, against those of FLARE's own code: <c>generateN.released</c> and
/// <c>.stepwise</c>, N tokens of the target by the schedule of the source, and <c>.source</c>, N of the source without the adapter.</summary>
internal static class FusionAnswerParity
{
    private const string Margin = "_margin";

    public static void Compare(
        string folder, ModelManifest manifest, FusionReference reference, ParityComparison comparison, CancellationToken cancellationToken)
    {
        string[] names = [.. reference.Recorded.Where(n =>
            n.StartsWith(FusionParity.Generated, StringComparison.Ordinal) && !n.EndsWith(Margin, StringComparison.Ordinal))];
        var takesTranslation = manifest.Flare!.Source == TranslationEncoder.Kind;
        if (names.Length == 0 || (takesTranslation && comparison.Options.TranslationModel is null))
            return;
        var target = reference.Rows("input_ids_target", "attention_mask_target");
        using var model = new FusionModel(folder, new FusionOptions
        {
            Adapter = comparison.Options.Adapter,
            Padding = FusionPadding.Released,
            MaxLength = target.Length,
            TranslationModel = takesTranslation ? comparison.Options.TranslationModel : null,
            MaxSourceBytes = 0,
        });
        var source = takesTranslation ? reference.Rows("mt.input_ids", "mt.attention_mask", model.TranslationVocabSize)
            : reference.Rows("input_ids_source", "attention_mask_source");
        TaskRow[] rows = [.. Enumerable.Range(0, target.Count).Select(i => new TaskRow(
            i, new EncodedTask(Tokens(target, i), default, [], false), Tokens(source, i), null))];
        foreach (var name in names)
        {
            if (name[FusionParity.Generated.Length..].Split('.') is not [var count, var way]
                || !int.TryParse(count, CultureInfo.InvariantCulture, out var tokens))
                throw new InvalidDataException($"'{reference.Path}': '{name}' is none of generateN.released, .stepwise and .source.");
            var schedule = way == "released" ? FusionSchedule.Released : FusionSchedule.Stepwise;
            var writer = new FusionWriter(model, schedule, stops: false);
            var written = way == "source"
                ? writer.WriteBase([.. rows.Select(r => r.Source)], target.Length, tokens, cancellationToken)
                : writer.Write(rows, tokens, cancellationToken);
            Compare(name, written, reference, comparison);
        }
    }

    /// <summary>Of each row up to the first token that rounding could decide.</summary>
    private static void Compare(string name, int[][] written, FusionReference reference, ParityComparison comparison)
    {
        var (expected, margins) = (reference.Ids(name), reference.Has(name + Margin) ? reference.Floats(name + Margin) : null);
        var tokens = expected.Length / written.Length;
        List<long> recorded = [], chosen = [];
        for (var i = 0; i < expected.Length; i++)
        {
            if (margins is not null && margins.AsSpan(i / tokens * tokens, i % tokens + 1).ContainsAnyInRange(0, (float)comparison.Margin))
                continue;
            recorded.Add(expected[i]);
            chosen.Add(written[i / tokens][i % tokens]);
        }
        comparison.Tokens(name, recorded.ToArray(), chosen.ToArray());
    }

    private static int[] Tokens(EncoderRows rows, int row)
    {
        var tokens = new List<int>(rows.Length);
        for (var i = row * rows.Length; i < (row + 1) * rows.Length; i++)
        {
            if (rows.AttentionMask[i] != 0)
                tokens.Add((int)rows.InputIds[i]);
        }
        return [.. tokens];
    }
}
