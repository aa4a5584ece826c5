namespace XlLoraOnnx.Exporter;

/// <summary>
/// What a run has trained as one file of the model folder: factors with alpha / r in B, matrices of cross-attention, heads and projection,
/// each as the graph takes it.
/// </summary>
internal static class FlareAdapterFile
{
    private const string PeftType = AdapterEntry.FlareType;

    public static AdapterEntry Write(
        FlareTrained flare, string name, string modelFolder, string baseFingerprint, OnnxType type, CancellationToken cancellationToken)
    {
        var tensors = Tensors(flare, type);
        var (file, path) = AdapterFile.PlaceOf(name, modelFolder);
        var (bytes, sha256) = AdapterFile.WriteWhole(path, stream => OnnxAdapterWriter.Write(
            stream, BaseFingerprints.ModelVersion(baseFingerprint), tensors, cancellationToken));
        var modules = flare.Run.Modules.Values;
        return new AdapterEntry
        {
            File = file,
            Bytes = bytes,
            Sha256 = sha256,
            BaseFingerprint = baseFingerprint,
            PeftType = flare.IsPlainLora ? "LORA" : PeftType,
            MinRank = modules.Min(m => m.Rank),
            MaxRank = modules.Max(m => m.Rank),
            LoraAlpha = (float)flare.Settings.Alpha,
            UseRslora = false,
            Modules = modules.Count(),
            Parameters = tensors.Sum(t => t.Dims.Aggregate(1L, (product, dim) => product * dim)),
            Flare = flare.ToFacts(),
            Coverage = Coverage(flare),
        };
    }

    public static long Bytes(FlareTrained flare, OnnxType type) => Tensors(flare, type).Sum(t => t.Bytes);

    public static IReadOnlyList<OnnxAdapterTensor> Tensors(FlareTrained flare, OnnxType type)
    {
        var tensors = new List<OnnxAdapterTensor>();
        foreach (var (key, module) in flare.Run.Modules)
        {
            var name = TextWeights.Canonical(key);
            Transposed(name + ".lora_A.weight", module.A!);
            Transposed(name + ".lora_B.weight", module.B!, (float)(flare.Settings.Alpha / module.Rank));
            // of a module that sees no source it is dead weight
            if (flare.Settings.Fusion != FusionFunction.CrossAttention || !FusionLinears.SeesSource(name))
                continue;
            foreach (var (part, tensor) in module.Attention)
                Plain($"{name}.fuse_cross_attention.{part}", tensor);
        }
        foreach (var (name, tensor) in flare.Head)
            Plain(name, tensor);
        return tensors;

        void Plain(string name, FlareTensor tensor)
        {
            if (tensor.Tensor.Shape.Count > 1)
                Transposed(name, tensor);
            else
                tensors.Add(new OnnxAdapterTensor(name, [.. tensor.Tensor.Shape], tensor.Rows.InOrder().To(type, name), type));
        }

        void Transposed(string name, FlareTensor tensor, float scale = 1) => tensors.Add(new OnnxAdapterTensor(
            name, [tensor.Tensor.Shape[1], tensor.Tensor.Shape[0]], tensor.Rows.Transposed(scale).To(type, name), type));
    }

    private static List<TensorCoverage> Coverage(FlareTrained flare)
    {
        var rows = new List<TensorCoverage>();
        foreach (var (key, module) in flare.Run.Modules)
        {
            var name = TextWeights.Canonical(key);
            Matched(module.A!, name + ".lora_A.weight");
            Matched(module.B!, name + ".lora_B.weight");
            foreach (var (part, tensor) in module.Attention)
            {
                if (flare.Settings.Fusion == FusionFunction.CrossAttention && FusionLinears.SeesSource(name))
                    Matched(tensor, $"{name}.fuse_cross_attention.{part}");
                else
                    rows.Add(new TensorCoverage(tensor.Tensor.Name, tensor.Tensor.Shape, CoverageStatus.Dropped, null,
                        "the module sees no source, so that nothing is attended to"));
            }
        }
        foreach (var (name, tensor) in flare.Head)
            Matched(tensor, name);
        return rows;

        void Matched(FlareTensor tensor, string target) =>
            rows.Add(new TensorCoverage(tensor.Tensor.Name, tensor.Tensor.Shape, CoverageStatus.Matched, target, null));
    }
}
