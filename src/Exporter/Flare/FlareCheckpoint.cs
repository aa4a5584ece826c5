using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// What a run of FLARE is applied to, as one checkpoint: the base, over it what the run of the task in English trained, over that what the
/// run itself holds; the task's adapter merged where the run does not hold merged weights. So does FLARE's own loader, which is not strict.
/// </summary>
internal sealed class FlareCheckpoint : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly FlareRun? _task;
    private readonly double _taskAlpha;
    private readonly Dictionary<string, FlareTensor> _before = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">What has to be given is missing.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or the run is not of this base.</exception>
    /// <exception cref="NotSupportedException">Something is valid and none of what FLARE writes.</exception>
    public FlareCheckpoint(string runFolder, FlareOptions options)
    {
        Options = options;
        try
        {
            Run = Own(FlareRun.Open(runFolder));
            Settings = FlareSettings.Of(Run, options);
            if (options.TaskRunFolder is { } folder)
            {
                _task = Own(FlareRun.Open(folder));
                if (_task.Adapter != FlareRun.TaskAdapter)
                    throw new ArgumentException($"'{folder}' has the adapter \"{_task.Adapter}\"; that of a task's own run, which is merged "
                        + $"into the base, is \"{FlareRun.TaskAdapter}\". Give the run that '{runFolder}' went on from.");
                _taskAlpha = FlareSettings.AlphaOf(_task, options.TaskAlpha, "--task-alpha");
            }
            CheckTask(runFolder);
            Files = Layers(options.BaseFolder is { } of ? Own(CheckpointFiles.Open(of)) : null);
            foreach (var tensor in Run.Head.Values)
                FlareModule.CheckNumbers(tensor);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public FlareOptions Options { get; }

    public FlareRun Run { get; } = null!;

    public FlareSettings Settings { get; } = null!;

    /// <summary>Where the model's config.json lies: of an adapter alone, which has it where it needs one of its own, that of what it went
    /// on from.</summary>
    public string ConfigFolder => Run.Alone is null ? Run.Folder : new[] { Run.Folder, Options.TaskRunFolder, Options.BaseFolder }
        .OfType<string>().FirstOrDefault(folder => File.Exists(Path.Combine(folder, "config.json"))) ?? Run.Folder;

    /// <summary>The model without adapters and heads; <see cref="Dispose"/> closes it.</summary>
    public CheckpointFiles Files { get; } = null!;

    /// <summary>Heads and projections by their names, the run's before the task's.</summary>
    public IReadOnlyDictionary<string, FlareTensor> Head { get; private set; } = null!;

    /// <summary>The model as it was before the run, by canonical names and without what is merged; nothing where there is no base.</summary>
    public IReadOnlyDictionary<string, FlareTensor> Before => _before;

    /// <summary>What the run has trained, without the model.</summary>
    public FlareTrained Trained => new(Run, Settings, Head);

    /// <summary>What is merged into the model, by module of its keys.</summary>
    public IEnumerable<(string Module, LoraDelta Delta)> Merges => MergedModules.Select(m => (m.Key, new LoraDelta(
        m.Value.A!.Rows, m.Value.B!.Rows, (float)(_taskAlpha / m.Value.Rank))));

    /// <summary>For the manifest; null where nothing is merged.</summary>
    public MergedAdapter? Merged()
    {
        if (!MergedModules.Any())
            return null;
        return new MergedAdapter(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(_task!.Folder))),
            MergedSum(MergedModules, _taskAlpha),
            [.. MergedModules.SelectMany(m => m.Value.Tensors.Select(t => new TensorCoverage(
                t.Tensor.Name, t.Tensor.Shape, CoverageStatus.Matched, m.Key, null)))]);
    }

    /// <summary>What tells what is merged from anything else.</summary>
    /// <param name="alpha">Of the adapter that is merged.</param>
    public static string MergedSum(IEnumerable<KeyValuePair<string, FlareModule>> modules, double alpha)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, module) in modules)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(BitConverter.GetBytes((float)(alpha / module.Rank)));
            hash.AppendData(module.A!.File.Sha256(module.A.Tensor));
            hash.AppendData(module.B!.File.Sha256(module.B.Tensor));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose()
    {
        foreach (var owned in _owned)
            owned.Dispose();
        _owned.Clear();
    }

    private IEnumerable<KeyValuePair<string, FlareModule>> MergedModules =>
        _task is null ? [] : _task.Modules.Where(m => !Run.HoldsWeightOf(m.Key));

    private T Own<T>(T opened)
        where T : IDisposable
    {
        _owned.Add(opened);
        return opened;
    }

    /// <summary>A run that goes on from another one holds that one's weights, or needs it.</summary>
    private void CheckTask(string runFolder)
    {
        if (Run.Alone is { } alone)
        {
            CheckMerged(runFolder, alone);
            return;
        }
        if (Run.Adapter == FlareRun.TaskAdapter)
        {
            if (_task is not null)
                throw new ArgumentException($"'{runFolder}' is the task's own run, its adapter is \"{Run.Adapter}\": there is none before it.");
            return;
        }
        if (_task is null && Run.Modules.Keys.FirstOrDefault(m => !Run.HoldsWeightOf(m)) is { } missing)
            throw new ArgumentException($"'{runFolder}' does not hold the weight of '{missing}', with the task's adapter merged into it"
                + (Run.Results?.OptionalString("load_ckpt") is { } from ? $"; it went on from '{from}'" : "")
                + ". Give the task's own run with --task-run.");
    }

    /// <summary>The folder of an adapter alone says what was merged before, where it is known.</summary>
    private void CheckMerged(string folder, FlareFolderSettings alone)
    {
        if (alone.MergedAdapter is not { } recorded)
            return;
        if (_task is null)
            throw new ArgumentException($"'{folder}' was trained over a base with the adapter of a task's own run merged "
                + $"({alone.Flare.Describe("merged_adapter")}). Give that run with --task-run.");
        if (Merged()?.Sha256 is var given && given != recorded)
            throw new ArgumentException($"{alone.Flare.Describe("merged_adapter")}; the adapter of '{_task.Folder}', with its alpha "
                + $"{_taskAlpha}, is {given}. Give the run that '{folder}' went on from.");
    }

    private CheckpointFiles Layers(CheckpointFiles? checkpoint)
    {
        var tensors = new OrderedDictionary<string, (ITensorFile File, SafetensorsTensor Tensor)>(StringComparer.Ordinal);
        foreach (var (file, tensor) in checkpoint?.Tensors ?? [])
            tensors[TextWeights.Canonical(tensor.Name)] = (file, tensor);
        var head = new OrderedDictionary<string, FlareTensor>(StringComparer.Ordinal);
        foreach (var run in new[] { _task, Run }.OfType<FlareRun>())
        {
            if (run == Run)
                KeepBefore(tensors);
            foreach (var (name, tensor) in run.Base)
                tensors[TextWeights.Canonical(name)] = (tensor.File, tensor.Tensor with { Name = name });
            foreach (var (name, tensor) in run.Head)
                head[name] = tensor;
        }
        CheckShapes(tensors);
        Head = head;
        return CheckpointFiles.Layered([.. new[] { checkpoint, _task?.Files, Run.Files }.OfType<CheckpointFiles>()], [.. tensors.Values]);
    }

    private void KeepBefore(OrderedDictionary<string, (ITensorFile File, SafetensorsTensor Tensor)> tensors)
    {
        foreach (var (name, (file, tensor)) in tensors)
            _before[name] = new FlareTensor(file, tensor);
    }

    private void CheckShapes(OrderedDictionary<string, (ITensorFile File, SafetensorsTensor Tensor)> tensors)
    {
        foreach (var run in new[] { _task, Run }.OfType<FlareRun>())
        {
            foreach (var (name, module) in run.Modules)
            {
                if (!tensors.TryGetValue(TextWeights.Canonical(name + ".weight"), out var weight))
                    throw new InvalidDataException($"'{run.Folder}' has an adapter of '{name}', which '{Options.BaseFolder ?? run.Folder}' does not "
                        + "have: the run is of another base.");
                if (!weight.Tensor.Shape.SequenceEqual([module.Out, module.In]))
                    throw new InvalidDataException($"'{run.Folder}' has an adapter of [{module.Out}, {module.In}] for '{name}', which is "
                        + $"{weight.Tensor.ShapeText} in '{weight.File.Path}': the run is of another base.");
            }
        }
    }
}
