namespace XlLoraOnnx.Runtime;

/// <summary>A folder with an adapter of FLARE against what FLARE's own code gave.</summary>
internal static class FusionParity
{
    public const string Mt = "mt.", Tagged = "tagged.", Generated = "generate";

    private const string Tight = "tight.", Masked = "masked.", Source = "source.", Target = "target.", Loss = "loss";

    private const string LastLogits = "last_logits", Tail = "hidden_tail", LastState = "last_hidden_state", Train = "train.";

    /// <summary>Of what is not to be foretold, as transformers has it.</summary>
    private const long NoLabel = -100;

    // of another model's encoder, answers, and what is computed of a loss alone
    private static readonly string[] ComparedElsewhere = [Mt + LastState, Tagged, Generated, Train];

    public static void Compare(
        string folder, ModelManifest manifest, string referenceFile, ParityComparison comparison, CancellationToken cancellationToken)
    {
        using var reference = new FusionReference(referenceFile, manifest);
        using var run = new FusionRun(folder, manifest, comparison.Options.Adapter, showsStates: true);
        var isSource = manifest.Flare!.Source;
        foreach (var prefix in (string[])["", Tight, Masked, Source, Target])
        {
            string[] recorded = [.. reference.Recorded.Where(n => PrefixOf(n) == prefix).Select(n => n[prefix.Length..]).Where(n => n != Loss)];
            if (recorded.Length == 0)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            if (prefix == Source && isSource != "none")
            {
                CompareSource(reference, run, recorded, comparison);
                continue;
            }
            var rows = RowsOf(reference, run, prefix, isSource, manifest.Flare.JoinsTexts);
            foreach (var (name, values) in recorded.Zip(run.Run(rows, [.. recorded.Select(n => Output(n, manifest))])))
            {
                var expected = reference.Floats(prefix + name);
                comparison.Values(prefix + name, expected, OfRows(name, values, expected.Length, rows.Target.Count));
            }
            if (prefix.Length == 0 && reference.Has(Loss) && reference.HasInput("labels"))
                comparison.Values(Loss, reference.Floats(Loss),
                    [CrossEntropy(run.Run(rows, ["logits"])[0], reference.Labels("labels"), manifest.Flare.Labels)]);
        }
        if (reference.Has(Train + Loss))
            CompareTraining(reference, run, isSource, manifest.Flare.Labels, comparison);
        if (comparison.Options.TranslationModel is { } translator)
            FusionTranslationParity.Compare(translator, manifest, reference, run, comparison);
        FusionAnswerParity.Compare(folder, manifest, reference, comparison, cancellationToken);
    }

    /// <summary>Of a decoder: the target with its answer behind it, each token foretold by those before it.</summary>
    private static void CompareTraining(FusionReference reference, FusionRun run, string source, int vocabulary, ParityComparison comparison)
    {
        var target = reference.Rows("train.input_ids_target", "train.attention_mask_target");
        var rows = source != "model" ? FusionRows.Alone(target)
            : FusionRows.Released(target, run.SourceStates(reference.Rows("input_ids_source", "attention_mask_source")));
        var labels = reference.Labels("train.labels");
        // the label of a position is that of the next token; the last one foretells nothing
        long[] next = [.. labels.Select((_, i) => (i + 1) % target.Length == 0 ? NoLabel : labels[i + 1])];
        comparison.Values(Train + Loss, reference.Floats(Train + Loss), [CrossEntropy(run.Run(rows, ["logits"])[0], next, vocabulary)]);
    }

    /// <summary>The model without the adapter.</summary>
    private static void CompareSource(FusionReference reference, FusionRun run, string[] recorded, ParityComparison comparison)
    {
        var states = run.SourceStates(reference.Rows("input_ids_source", "attention_mask_source"));
        for (var i = 0; i < states.Count; i++)
        {
            if (recorded.Contains($"hidden_states.{i}"))
                comparison.Values($"{Source}hidden_states.{i}", reference.Floats($"{Source}hidden_states.{i}"), states[i]);
        }
    }

    /// <summary>What was recorded of the last positions is compared with so many of each row.</summary>
    internal static float[] OfRows(string name, float[] values, int count, int rows) =>
        name is LastLogits or Tail ? LastOf(values, count, rows) : values;

    private static float[] LastOf(float[] values, int count, int rows)
    {
        var (width, kept) = (values.Length / rows, count / rows);
        return kept > width ? values : [.. Enumerable.Range(0, rows).SelectMany(r => values[((r + 1) * width - kept)..((r + 1) * width)])];
    }

    /// <returns>Null for what is compared elsewhere.</returns>
    private static string? PrefixOf(string name) =>
        ComparedElsewhere.Any(n => name.StartsWith(n, StringComparison.Ordinal)) ? null
        : Array.Find([Tight, Masked, Source, Target], p => name.StartsWith(p, StringComparison.Ordinal)) ?? "";

    /// <summary>What comes after the last layer is the last of the hidden states.</summary>
    internal static string Output(string name, ModelManifest manifest) =>
        name == Tail || name == $"hidden_states.{manifest.Dimensions.NumHiddenLayers}" ? LastState : name == LastLogits ? "logits" : name;

    private static FusionRows RowsOf(FusionReference reference, FusionRun run, string prefix, string source, bool joinsTexts)
    {
        if (prefix == Source)
            return FusionRows.Alone(reference.Rows("input_ids_source", "attention_mask_source"));
        if (joinsTexts)
            return FusionRows.Alone(reference.Rows("both.input_ids", "both.attention_mask"));
        var isTight = prefix == Tight;
        var target = reference.Rows(isTight ? "tight.input_ids_target" : "input_ids_target", isTight ? null : "attention_mask_target");
        if (source == "none" || prefix == Target)
            return FusionRows.Alone(target);
        if (source == "translation_encoder")
            return FusionRows.Released(target, [reference.Floats(Mt + "last_hidden_state")]);
        var second = reference.Rows(isTight ? "tight.input_ids_source" : "input_ids_source", isTight ? null : "attention_mask_source");
        var states = run.SourceStates(second);
        return prefix == Masked ? FusionRows.Masked(target, second, states) : FusionRows.Released(target, states);
    }

    private static float CrossEntropy(float[] logits, long[] labels, int classes)
    {
        var (sum, count) = (0.0, 0);
        for (var row = 0; row < labels.Length; row++)
        {
            if (labels[row] == NoLabel)
                continue;
            count++;
            var values = logits.AsSpan(row * classes, classes);
            var (largest, total) = ((double)values[(int)labels[row]], 0.0);
            foreach (var value in values)
                total += Math.Exp(value - largest);
            sum += Math.Log(total);
        }
        return (float)(sum / count);
    }
}
