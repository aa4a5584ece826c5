using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Training;

/// <summary>
/// The model that an adapter for two languages is trained on, with the adapter of its task merged into it where there is one: the graph
/// that is differentiated, and the graph of the source pass, over the same weights.
/// </summary>
internal sealed class FusionBase : IDisposable
{
    // XLMRobertaClassificationHead is that of both
    private static readonly string[] ModelTypes = ["xlm-roberta", "roberta"], Decoders = ["llama", "gemma2"];

    private readonly CheckpointFiles? _checkpoint;
    private readonly FlareCheckpoint? _task;
    private readonly TextWeights _weights;
    private readonly ModelPlan _plan;
    private readonly double _classifierDropout;

    /// <param name="folder">Hugging Face checkpoint.</param>
    /// <param name="translationDimension">Of states of a translation model's encoder, in place of a source that the model reads; null for
    /// such a source, or none.</param>
    /// <exception cref="InvalidDataException">A file is malformed, or the task's run is of another base.</exception>
    /// <exception cref="NotSupportedException">It is no XLM-RoBERTa or RoBERTa, or the run none of FLARE.</exception>
    /// <exception cref="ArgumentException">The run is no task's own.</exception>
    public FusionBase(string folder, FusionTrainingOptions options, int? translationDimension = null)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The model folder '{folder}' does not exist.");
        var config = ConfigReader.Open(Path.Combine(folder, "config.json"));
        if (config.OptionalString("model_type") is var type && !ModelTypes.Contains(type))
            throw new NotSupportedException($"{config.Describe("model_type")}; adapters that read two languages are trained for "
                + $"{string.Join(" and ", ModelTypes)}." + (!Decoders.Contains(type) ? "" : " Those of decoders, which write their answer, "
                + "are exported and run from what FLARE's own code trained (export RUN --base BASE); a plain adapter is trained by "
                + "train adapter."));
        (Folder, Config) = (folder, new XlmRobertaConfig(config));
        try
        {
            if (options.TaskRunFolder is { } run)
                _task = OpenTask(folder, run, options.TaskAlpha);
            else
                _checkpoint = CheckpointFiles.Open(folder);
            Slots = [.. FusionParameters.Slots(Config)];
            Shape = FusionParameters.Shape(Slots, options, translationDimension);
            var export = new ExportOptions
            {
                Roles = [GraphRoles.Hidden],
                // vectors are not asked for; the mean is one that every model has
                Pooling = EmbeddingPooling.Mean,
                Normalize = false,
                Fusion = Shape,
            };
            (_, var plan) = ModelFamilies.Find(config, ExportPrecision.Fp32);
            _weights = new TextWeights(folder, _task?.Files ?? _checkpoint!);
            _plan = plan(config, _weights, new WeightFormats(export), export);
            Merge();
            Dropout = EncoderDropout.Read(config, _plan.Family).With(options.BaseDropout);
            _classifierDropout = options.BaseDropout ?? ClassifierDropout(config);
            InitializerRange = config.Number("initializer_range", 0.02);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Folder { get; }

    /// <summary>Of the folder alone.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder)));

    public XlmRobertaConfig Config { get; }

    /// <summary>Of <see cref="GraphRoles.FusionHidden"/>; its weights can be read as long as this is open.</summary>
    public OnnxGraph Graph => _plan.Graphs[GraphRoles.FusionHidden];

    /// <summary>Of <see cref="GraphRoles.Hidden"/>: the same model without the adapter.</summary>
    public OnnxGraph SourceGraph => _plan.Graphs[GraphRoles.Hidden];

    public FlareShape Shape { get; }

    /// <summary>Queries and values, in graph order.</summary>
    public IReadOnlyList<LoraSlot> Slots { get; }

    /// <summary>Deviation of the weights that transformers draws for a new head.</summary>
    public double InitializerRange { get; }

    public ModelDimensions Dimensions => _plan.Dimensions;

    public EncoderDropout Dropout { get; }

    /// <summary>Of the target pass.</summary>
    /// <param name="lora">Before A.</param>
    public DropoutRates Rates(double lora) => SourceRates with { Lora = lora, Head = _classifierDropout };

    /// <summary>Of the model alone.</summary>
    public DropoutRates SourceRates => new(Dropout.Embeddings, Dropout.Attention, Dropout.AttentionOutput, Dropout.Mlp);

    /// <summary>What the task's run trained beside its adapter, by name; null for no run, or for what it does not have.</summary>
    public FlareTensor? TaskHead(string name) => _task?.Head.GetValueOrDefault(name);

    /// <summary>What somebody should know who looks at config.json alone.</summary>
    public IEnumerable<string> Notices =>
        _plan.Notices.Concat((_task?.Files ?? _checkpoint)!.PickleNotice is { } pickle ? [pickle] : (string[])[]);

    /// <summary>Of what is merged into the model, as manifests have it; null for nothing.</summary>
    public string? MergedSum => _task is null ? null : FlareCheckpoint.MergedSum(_task.Run.Modules, _task.Settings.Alpha);

    /// <summary>Of the model as its files have it. Reads all weights.</summary>
    /// <exception cref="InvalidDataException">The task's run says that it is of another model.</exception>
    public string Fingerprint(CancellationToken cancellationToken)
    {
        var found = _weights.Fingerprint(cancellationToken);
        if (_task is not null)
            FlareFingerprint.Compare(_task, found);
        return found;
    }

    /// <summary>Of all that the task's run gives; null for none.</summary>
    public string? TaskSum(CancellationToken cancellationToken)
    {
        if (_task is null)
            return null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(MergedSum!));
        foreach (var (name, tensor) in _task.Head)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(tensor.Rows.Sha256(cancellationToken));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose()
    {
        _task?.Dispose();
        _checkpoint?.Dispose();
    }

    private static FlareCheckpoint OpenTask(string folder, string run, double? alpha)
    {
        using (var opened = FlareRun.Open(run))
        {
            if (opened.Adapter != FlareRun.TaskAdapter)
                throw new ArgumentException($"'{run}' has the adapter \"{opened.Adapter}\"; that of a task's own run, which is merged into "
                    + $"the model, is \"{FlareRun.TaskAdapter}\". Give the run of the task in English.");
        }
        return new FlareCheckpoint(run, new FlareOptions { BaseFolder = folder, Alpha = alpha });
    }

    private void Merge()
    {
        if (_task is null)
            return;
        foreach (var (name, module) in _task.Run.Modules)
            _weights.Merge(TextWeights.Canonical(name + ".weight"),
                new LoraDelta(module.A!.Rows, module.B!.Rows, (float)(_task.Settings.Alpha / module.Rank)));
    }

    /// <summary><c>classifier_dropout</c>, or that of the states (XLMRobertaClassificationHead).</summary>
    private static double ClassifierDropout(ConfigReader config)
    {
        var share = config.Number("classifier_dropout", config.Number("hidden_dropout_prob", 0.1));
        return share is >= 0 and < 1 ? share
            : throw new InvalidDataException($"{config.Describe("classifier_dropout")}, expected at least 0 and below 1.");
    }
}
