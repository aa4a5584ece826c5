namespace XlLoraOnnx.Exporter;

/// <summary>A run of FLARE to a folder of its adapter alone.</summary>
internal static class FlareFolderExport
{
    private const string ConfigFile = "config.json", Embedding = "model.embed_tokens.weight", Output = "lm_head.weight";

    /// <param name="fingerprint">Of the model that the run was trained over.</param>
    public static FlareAdapterReport Write(FlareCheckpoint flare, string output, string fingerprint, CancellationToken cancellationToken)
    {
        var shape = FlareShape.Of(flare);
        var own = OwnWeights(flare).ToArray();
        var tensors = flare.Trained.Tensors.Concat(own)
            .Select(t => new FlareFolderTensor(t.Name, t.Tensor.Tensor.Shape, t.Tensor.Rows.InOrder())).ToArray();
        var facts = new FlareFolderFacts
        {
            BaseName = BaseName(flare),
            Adapter = flare.Run.Adapter,
            Settings = flare.Settings,
            Head = shape.Head,
            Labels = shape.Labels,
            BaseFingerprint = fingerprint,
            MergedAdapter = flare.Merged()?.Sha256,
        };
        // a vocabulary with a row more, for padding, is not that of the base
        var copied = own.Length == 0 ? [] : new[] { ConfigFile, "generation_config.json" }
            .Select(name => Path.Combine(flare.ConfigFolder, name)).Where(File.Exists).ToArray();
        var bytes = FlareFolder.Write(output, facts, tensors, copied, cancellationToken);
        return new FlareAdapterReport
        {
            Folder = output,
            Adapter = flare.Run.Adapter,
            BaseFingerprint = fingerprint,
            Modules = flare.Run.Modules.Count,
            Parameters = tensors.Sum(t => t.Shape.Aggregate(1L, (product, dim) => product * dim)),
            BytesWritten = bytes,
            OwnWeights = [.. own.Select(w => w.Name)],
        };
    }

    /// <summary>
    /// What the run has trained of the model itself: tensors that the base does not have, nor the task's run, with the same numbers. Modules
    /// with adapters are not looked at, for they differ by what was merged, nor are 4-bit weights, which cannot be trained.
    /// </summary>
    /// <remarks>Without a base there is nothing to compare with: then the two matrices of a decoder that FLARE trains.</remarks>
    private static IEnumerable<(string Name, FlareTensor Tensor)> OwnWeights(FlareCheckpoint flare)
    {
        foreach (var (name, tensor) in flare.Run.Base)
        {
            if (flare.Run.IsWrapped(name) || tensor.File is Nf4Tensor || !FloatConversion.IsSupported(tensor.Tensor.DType))
                continue;
            var canonical = TextWeights.Canonical(name);
            var before = flare.Before.GetValueOrDefault(canonical)
                // a tied head may be in the base under the name of the embedding alone
                ?? (canonical == Output ? flare.Before.GetValueOrDefault(Embedding) : null);
            var isOwn = flare.Run.Alone is not null
                || (flare.Before.Count == 0 ? canonical is Embedding or Output : before is null || !HaveSameNumbers(tensor, before));
            if (isOwn)
                yield return (name, tensor);
        }
    }

    private static bool HaveSameNumbers(FlareTensor tensor, FlareTensor before) =>
        FloatConversion.IsSupported(before.Tensor.DType) && tensor.Rows.HasNumbersOf(before.Rows);

    /// <summary>As the base calls itself, else its folder, else as FLARE's options call the model.</summary>
    private static string? BaseName(FlareCheckpoint flare)
    {
        var folder = flare.Options.BaseFolder;
        var config = Path.Combine(folder ?? flare.Run.Folder, ConfigFile);
        if (File.Exists(config) && ConfigReader.Open(config).OptionalString("_name_or_path") is { Length: > 0 } name)
            return name;
        return folder is not null ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))
            : flare.Run.Results?.OptionalString("plm");
    }
}
