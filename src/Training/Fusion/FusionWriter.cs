namespace XlLoraOnnx.Training;

/// <summary>What was trained to a PEFT folder with <c>flare_config.json</c>, which is there whole or not at all.</summary>
internal static class FusionWriter
{
    private const string CardFile = "README.md";

    // what graphs call the model, and what the models of transformers with a head do
    private const string InGraph = "model.", InModel = "roberta.";

    /// <param name="folder">What is written until it is whole, on the same disk.</param>
    /// <param name="output">What it is called then: nothing, or an empty folder.</param>
    /// <param name="readme">The card.</param>
    /// <param name="copied">Files that go along.</param>
    /// <exception cref="IOException">The disk is full, for example; <paramref name="output"/> is as it was.</exception>
    public static void Write(string folder, string output, FusionTaskParts parts, string readme, IReadOnlyList<string> copied)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        var card = Path.Combine(Path.GetDirectoryName(folder)!, CardFile);
        File.WriteAllText(card, readme);
        FlareFolder.Write(folder, Facts(parts), [.. parts.Parameters.Select(Tensor)], [card, .. copied]);
        if (Directory.Exists(output))
            Directory.Delete(output);
        Directory.Move(folder, output);
    }

    private static FlareFolderFacts Facts(FusionTaskParts parts)
    {
        var (options, shape, merged) = (parts.Options, parts.Base.Shape, parts.Base.MergedSum);
        return new FlareFolderFacts
        {
            BaseName = options.BaseModelName ?? parts.Base.Name,
            Adapter = options.IsTaskRun ? FlareRun.TaskAdapter : null,
            Settings = new FlareSettings
            {
                Source = shape.Source,
                JoinsTexts = options.JoinsTexts,
                IsTaskRun = options.IsTaskRun,
                Fusion = options.Fusion,
                Alpha = options.Alpha,
                Heads = shape.Heads,
                Task = options.Task.Word(),
                SourceLanguage = options.SourceLanguage,
                TargetLanguage = options.TargetLanguage,
                MaxLength = options.MaxLength,
            },
            Head = shape.Head,
            Labels = shape.Labels,
            BaseFingerprint = merged is null ? parts.BaseFingerprint : BaseFingerprints.OfMerged(parts.BaseFingerprint, merged),
            MergedAdapter = merged,
        };
    }

    /// <summary>As torch has it: a matrix is [out, in].</summary>
    private static FlareFolderTensor Tensor(Parameter parameter)
    {
        var name = parameter.Name.StartsWith(InGraph, StringComparison.Ordinal)
            ? InModel + parameter.Name[InGraph.Length..] : parameter.Name;
        if (parameter.Shape.Length == 1)
            return FlareFolderTensor.Of(name, parameter.Shape, parameter.Values.ToArray());
        var (rows, columns) = ((int)parameter.Shape[0], (int)parameter.Shape[1]);
        var turned = new float[parameter.Length];
        TiledTransposition.Transpose(parameter.Values, rows, columns, 1, turned, rows);
        return FlareFolderTensor.Of(name, [columns, rows], turned);
    }
}
