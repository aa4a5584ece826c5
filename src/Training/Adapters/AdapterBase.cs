namespace XlLoraOnnx.Training;

/// <summary>The checkpoint that an adapter is trained for: its graph as it is differentiated, and its linear modules.</summary>
internal sealed class AdapterBase : IDisposable
{
    // what AutoModelForCausalLM makes of it is the whole model, whose text part lies deeper (transformers 4.52 and later)
    private const string Multimodal = "gemma3";

    private readonly CheckpointFiles _checkpoint;
    private readonly TextWeights _weights;
    private readonly ModelPlan _plan;

    private AdapterBase(string folder, CheckpointFiles checkpoint)
    {
        _checkpoint = checkpoint;
        var config = ConfigReader.Open(Path.Combine(folder, "config.json"));
        var options = new ExportOptions { ForTraining = true };
        (var architecture, var plan) = ModelFamilies.Find(config, options.Precision);
        var formats = new WeightFormats(options);
        _weights = new TextWeights(folder, checkpoint);
        _plan = plan(config, _weights, formats, options);
        if (!_plan.Graphs.ContainsKey(DecoderGraph.Training))
            throw new NotSupportedException($"'{folder}' is a {architecture}; adapters are trained for models that continue a text: "
                + "Gemma 2, Gemma 3 and Llama.");
        Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        Text = config.OptionalString("model_type") == Multimodal ? "model.language_model." : "model.";
    }

    /// <exception cref="InvalidDataException">A file of the checkpoint is malformed.</exception>
    /// <exception cref="NotSupportedException">Adapters cannot be trained for it.</exception>
    public static AdapterBase Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The checkpoint folder '{folder}' does not exist.");
        var checkpoint = CheckpointFiles.Open(folder);
        try
        {
            return new AdapterBase(folder, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Of the folder.</summary>
    public string Name { get; }

    /// <summary>Where the text model lies within what AutoModelForCausalLM makes of the checkpoint, e.g. <c>model.</c></summary>
    public string Text { get; }

    /// <summary>Its weights can be read as long as this is open.</summary>
    public OnnxGraph Graph => _plan.Graphs[DecoderGraph.Training];

    /// <summary>Linear modules of the text model, in graph order; the head is none of them.</summary>
    public IReadOnlyList<LoraSlot> Slots => _plan.LoraSlots;

    public ModelDimensions Dimensions => _plan.Dimensions;

    /// <summary>What somebody should know who looks at config.json alone.</summary>
    public IEnumerable<string> Notices => _plan.Notices.Concat(_checkpoint.PickleNotice is { } pickle ? [pickle] : []);

    /// <summary>As an export has it in its manifest. Reads all weights.</summary>
    public string Fingerprint(CancellationToken cancellationToken) => _weights.Fingerprint(cancellationToken);

    public void Dispose() => _checkpoint.Dispose();
}
