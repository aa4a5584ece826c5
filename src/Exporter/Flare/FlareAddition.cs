namespace XlLoraOnnx.Exporter;

/// <summary>An adapter of FLARE that is to be added to a model folder made of another run: everything that its graph fixes must be the same,
/// and the model below.</summary>
internal sealed class FlareAddition : IDisposable
{
    private readonly IDisposable _owned;
    private readonly FlareTrained _trained;
    private readonly List<string> _notices = [];

    /// <summary>Whether a folder is one of FLARE: its adapter alone, or a run, which is looked for where it has a place.</summary>
    public static bool IsOne(string folder, ModelManifest manifest) => FlareFolder.IsOne(folder) || (manifest.Flare is not null
        && Directory.Exists(folder) && !File.Exists(Path.Combine(folder, PeftAdapter.ConfigFile))
        && Directory.EnumerateFiles(folder, "pytorch_model*.bin*").Any());

    /// <param name="modelFolder">Exported from a run.</param>
    /// <exception cref="ArgumentException">It is a run that does not hold all weights, so that its model is not known.</exception>
    /// <exception cref="InvalidDataException">A file is malformed.</exception>
    /// <exception cref="NotSupportedException">It does not fit; with all reasons.</exception>
    public FlareAddition(string folder, string modelFolder, ModelManifest manifest, CancellationToken cancellationToken)
    {
        if (manifest.Flare is not { } facts)
            throw new NotSupportedException($"'{folder}' is an adapter of FLARE, which reads two texts; the graphs of '{modelFolder}' read "
                + "one. Export it with its base: `xllora-onnx export DIR --base BASE --output OUT`.");
        if (FlareFolder.IsOne(folder))
        {
            var run = FlareRun.Open(folder);
            _owned = run;
            _trained = Guarded(() => new FlareTrained(run, FlareSettings.Of(run, new FlareOptions()), run.Head));
            Guarded(() => CheckFit(modelFolder, manifest, facts));
            Guarded(() => CheckRecorded(run, modelFolder, manifest));
        }
        else
        {
            CheckWhole(folder);
            var flare = new FlareCheckpoint(folder, new FlareOptions());
            _owned = flare;
            _trained = flare.Trained;
            Guarded(() => CheckFit(modelFolder, manifest, facts));
            Guarded(() => CheckModel(folder, modelFolder, FlareFingerprint.Of(flare, cancellationToken), manifest.BaseFingerprint));
        }
    }

    public AdapterEntry Write(string name, string modelFolder, ModelManifest manifest, OnnxType type, CancellationToken cancellationToken) =>
        FlareAdapterFile.Write(_trained, name, modelFolder, manifest.BaseFingerprint, type, cancellationToken) with { Notices = _notices };

    public void Dispose() => _owned.Dispose();

    private T Guarded<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void Guarded(Action step) => Guarded(() =>
    {
        step();
        return true;
    });

    /// <summary>Of others the model is what they were made from, which nobody has named.</summary>
    private static void CheckWhole(string folder)
    {
        using var run = FlareRun.Open(folder);
        if (run.Adapter == FlareRun.TaskAdapter ? run.Base.Count == 0 : run.Modules.Keys.Any(m => !run.HoldsWeightOf(m)))
            throw new ArgumentException($"'{folder}' is a run that holds what it trained and not the model below, so that nothing says "
                + "whether that is the model of the folder. Write its adapter first: `xllora-onnx export RUN --base BASE --task-run DIR "
                + "--flare-adapter ADAPTER`, then add ADAPTER.");
    }

    private void CheckRecorded(FlareRun run, string modelFolder, ModelManifest manifest)
    {
        if (run.Alone!.BaseFingerprint is { } recorded)
            CheckModel(run.Folder, modelFolder, recorded, manifest.BaseFingerprint);
        else if (run.Base.Count > 0)
            throw new NotSupportedException($"'{run.Folder}' holds weights of the model itself "
                + $"({string.Join(", ", run.Base.Keys.Take(3))}), which all adapters of '{modelFolder}' share. Export it as a model of its "
                + "own: `xllora-onnx export DIR --base BASE`.");
        else
            _notices.Add($"{FlareFolder.ConfigFile} has no base_fingerprint: whether it was trained over this model is not known; its "
                + "shapes fit.");
    }

    private static void CheckModel(string folder, string modelFolder, string found, string expected)
    {
        if (found != expected)
            throw new NotSupportedException($"'{folder}' was trained over the model {found}; that of '{modelFolder}' is {expected}. An "
                + "adapter works over its own model alone: export it with that, or add one that was trained over this.");
    }

    private void CheckFit(string modelFolder, ModelManifest manifest, FlareFacts facts)
    {
        var (settings, head) = (_trained.Settings, FlareShape.HeadOf(_trained.Head));
        var reasons = new List<string>();
        Same("fusion function", settings.Fusion?.Name() ?? "none", facts.Fusion ?? "none");
        Same("source", settings.Source.Name(), facts.Source);
        Same("head", head?.Kind ?? FlareShape.LanguageModel, facts.Head);
        if (head is not null && head.Value.Kind == facts.Head)
            Same("number of labels", $"{head.Value.Labels}", $"{facts.Labels}");
        if (settings.Fusion == FusionFunction.CrossAttention && facts.Fusion == settings.Fusion.Value.Name())
            Same("heads of cross-attention", $"{settings.Heads}", facts.CrossAttentionHeads is { } heads ? $"{heads}" : "not recorded");
        // what is of another function or head has other tensors anyway
        if (reasons.Count == 0)
            CheckTensors(modelFolder, manifest, reasons);
        if (reasons.Count > 0)
            throw new NotSupportedException($"'{_trained.Run.Folder}' does not fit '{modelFolder}', whose graph was made for another "
                + $"adapter: {string.Join("; ", reasons)}. Export it as a model of its own.");

        void Same(string what, string own, string others)
        {
            if (own != others)
                reasons.Add($"its {what} is {own}, that of the folder {others}");
        }
    }

    /// <summary>Names and shapes as those of an adapter that the graph takes; ranks may differ, but for those of cross-attention.</summary>
    private void CheckTensors(string modelFolder, ModelManifest manifest, List<string> reasons)
    {
        var entry = manifest.Adapters.Values.FirstOrDefault(a => a.Flare is not null) ?? throw new InvalidDataException(
            $"'{modelFolder}' has no adapter of FLARE that says what its graph takes. Export it again.");
        var taken = OnnxAdapterFile.Read(Path.Combine(modelFolder, entry.File)).Parameters.ToDictionary(p => p.Name, p => p.Dims);
        var own = FlareAdapterFile.Tensors(_trained, OnnxType.Float).ToDictionary(t => t.Name, t => (IReadOnlyList<long>)t.Dims);
        Report("it lacks", taken.Keys.Where(n => !own.ContainsKey(n)));
        Report("it has, and the graph does not take,", own.Keys.Where(n => !taken.ContainsKey(n)));
        foreach (var (name, dims) in own)
        {
            if (taken.TryGetValue(name, out var expected) && !Fixed(name, dims).SequenceEqual(Fixed(name, expected)))
                reasons.Add($"its {name} is [{string.Join(", ", dims)}], the graph takes [{string.Join(", ", expected)}]");
        }

        void Report(string what, IEnumerable<string> names)
        {
            if (names.ToArray() is { Length: > 0 } all)
                reasons.Add($"{what} {string.Join(", ", all.Take(3))}{(all.Length > 3 ? $" and {all.Length - 3} more" : "")}");
        }
    }

    private static IEnumerable<long> Fixed(string name, IReadOnlyList<long> dims) => (name, dims.Count) switch
    {
        (_, 2) when name.EndsWith(".lora_A.weight", StringComparison.Ordinal) => [dims[0]],
        (_, 2) when name.EndsWith(".lora_B.weight", StringComparison.Ordinal) => [dims[1]],
        _ => dims,
    };
}
