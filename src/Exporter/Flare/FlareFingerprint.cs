namespace XlLoraOnnx.Exporter;

/// <summary>The identity of the model that a run of FLARE was trained over, without exporting it.</summary>
internal static class FlareFingerprint
{
    /// <summary>What the manifest of a model folder of the run has as <c>base_fingerprint</c>; reads every weight once.</summary>
    /// <exception cref="InvalidDataException">The weights are no whole model.</exception>
    public static string Of(FlareCheckpoint flare, CancellationToken cancellationToken)
    {
        var options = new ExportOptions { Flare = flare.Options, Fusion = FlareShape.Of(flare) };
        var config = ConfigReader.Open(Path.Combine(flare.ConfigFolder, "config.json"));
        var (_, plan) = ModelFamilies.Find(config, options.Precision, writes: options.Fusion.Head == FlareShape.LanguageModel);
        var weights = new TextWeights(flare.ConfigFolder, flare.Files);
        plan(config, weights, new WeightFormats(options), options);
        var original = weights.Fingerprint(cancellationToken);
        return flare.Merged() is { } merged ? BaseFingerprints.OfMerged(original, merged.Sha256) : original;
    }

    /// <summary>What an adapter alone says of the model that it was trained over, and the model that it is applied to.</summary>
    /// <returns>What has to be said where that cannot be known; null where they are the same.</returns>
    /// <exception cref="InvalidDataException">They are not.</exception>
    public static string? Compare(FlareCheckpoint flare, string found)
    {
        if (flare.Run.Alone is not { BaseFingerprint: { } recorded } alone || found == recorded)
            return null;
        var merges = flare.Merged() is not null;
        if (merges && alone.MergedAdapter is null)
            return $"'{flare.Run.Folder}' comes from a run that holds merged weights ({recorded}); --base with --task-run, merged here, is "
                + $"{found}. Whether both are the same numbers cannot be told from that; 4-bit weights, rounded after the merge, are not. To be "
                + "exact export the run itself.";
        throw new InvalidDataException($"'{flare.Run.Folder}' was trained over the model {recorded}; '{flare.Options.BaseFolder}'"
            + (merges ? " with --task-run merged" : "") + $" is {found}. Give the checkpoint that it was trained over"
            + (merges ? "." : ", and with --task-run the run of the task that was merged into it."));
    }
}
