namespace XlLoraOnnx.Runtime;

/// <summary>FLARE-MT with the translation model itself: states of its encoder, and what comes out where texts are under their own language's
/// code (<c>tagged.</c>).</summary>
internal static class FusionTranslationParity
{
    public static void Compare(
        string folder, ModelManifest manifest, FusionReference reference, FusionRun run, ParityComparison comparison)
    {
        if (manifest.Flare!.Source != TranslationEncoder.Kind)
            throw new ArgumentException($"A translation model is given ('{folder}'), and the run reads none: it is no run of FLARE-MT.");
        using var translation = new TranslationEncoder(folder, new FusionOptions(), manifest.Flare);
        const string States = FusionParity.Mt + "last_hidden_state";
        if (reference.Has(States))
            comparison.Values(States, reference.Floats(States), translation.States(reference.Rows("mt.input_ids", "mt.attention_mask", translation.VocabSize))[0]);
        string[] names = [.. reference.Recorded.Where(n => n.StartsWith(FusionParity.Tagged, StringComparison.Ordinal))
            .Select(n => n[FusionParity.Tagged.Length..])];
        if (names.Length == 0)
            return;
        var target = reference.Rows("input_ids_target", "attention_mask_target");
        var states = translation.States(reference.Rows("mt_tagged.input_ids", "mt_tagged.attention_mask", translation.VocabSize));
        var outputs = run.Run(FusionRows.Released(target, states), [.. names.Select(n => FusionParity.Output(n, manifest))]);
        foreach (var (name, values) in names.Zip(outputs))
        {
            var expected = reference.Floats(FusionParity.Tagged + name);
            comparison.Values(FusionParity.Tagged + name, expected, FusionParity.OfRows(name, values, expected.Length, target.Count));
        }
    }
}
