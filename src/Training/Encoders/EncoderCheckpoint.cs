using System.Text.Json.Nodes;

namespace XlLoraOnnx.Training;

/// <summary>The encoder that a training begins with: a Hugging Face folder, planned as for an export in float32.</summary>
internal sealed class EncoderCheckpoint : IDisposable
{
    private readonly ModelPlan _plan;
    private readonly CheckpointFiles _files;

    /// <exception cref="InvalidDataException">A file is malformed.</exception>
    /// <exception cref="NotSupportedException">It is no encoder, or one that is not trained here.</exception>
    public static EncoderCheckpoint Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The model folder '{folder}' does not exist.");
        var files = CheckpointFiles.Open(folder);
        try
        {
            return new EncoderCheckpoint(folder, files);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    private EncoderCheckpoint(string folder, CheckpointFiles files)
    {
        (Folder, _files) = (folder, files);
        Config = ConfigReader.Open(Path.Combine(folder, "config.json"));
        var (architecture, plan) = ModelFamilies.Find(Config, ExportPrecision.Fp32);
        Weights = new TextWeights(folder, files);
        // pooled as training says, whatever the folder does; the mean is one that every model has
        var options = new ExportOptions { Roles = [GraphRoles.Hidden], Pooling = EmbeddingPooling.Mean, Normalize = false };
        _plan = plan(Config, Weights, new WeightFormats(options), options);
        if (!_plan.Graphs.TryGetValue(GraphRoles.Hidden, out var graph))
            throw new NotSupportedException($"'{folder}' holds a {architecture}, which is no encoder. Encoders of the model_type bert, "
                + "distilbert, roberta, xlm-roberta and modernbert are trained.");
        if (_plan.Encoder!.Dense is not null)
            throw new NotSupportedException($"'{folder}' has Dense modules behind its pooling, which are not trained. Train a copy of the "
                + $"folder without {SentenceModules.FileName}.");
        Graph = graph;
        TokenizerFiles = Exporter.TokenizerFiles.Read(folder).Paths;
        Tokenizer = XlLoraTokenizer.Load(folder);
        Dropout = EncoderDropout.Read(Config, _plan.Family);
    }

    public string Folder { get; }

    /// <summary>Of the folder alone.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder)));

    public ConfigReader Config { get; }

    public TextWeights Weights { get; }

    /// <summary>With the outputs <c>last_hidden_state</c>, <c>hidden_states.N</c> and <c>pool.*</c>.</summary>
    public OnnxGraph Graph { get; }

    /// <summary>Its pooling is none of the training's.</summary>
    public EncoderFacts Facts => _plan.Encoder!;

    public ModelDimensions Dimensions => _plan.Dimensions;

    /// <summary>As the manifest spells it.</summary>
    public string Family => _plan.Family;

    public EncoderDropout Dropout { get; }

    /// <summary>To be copied.</summary>
    public IReadOnlyList<string> TokenizerFiles { get; }

    public XlLoraTokenizer Tokenizer { get; }

    /// <summary>In the order of the files.</summary>
    public IReadOnlyList<(ITensorFile File, SafetensorsTensor Tensor)> Tensors => _files.Tensors;

    /// <summary>The initializer that words are looked up in, [vocabulary, hidden].</summary>
    public string WordTable => Graph.Proto.Node.Single(n => n.OpType == "Gather" && n.Input[1] == "input_ids").Input[0];

    /// <summary>What somebody should know who takes this folder for training.</summary>
    public IEnumerable<string> Notices
    {
        get
        {
            foreach (var notice in _plan.Notices.Concat(_files.PickleNotice is { } pickle ? [pickle] : []))
                yield return notice;
            if (Facts.Prompt is { Length: > 0 } prompt)
                yield return $"The model writes \"{prompt}\" before texts; training reads texts as they are, and the trained model writes "
                    + "nothing.";
        }
    }

    /// <summary>Whether there is a tensor of this name, whatever prefix the files give it.</summary>
    public bool Has(string name) => Weights.Contains(name);

    /// <summary>Reads a tensor that is no part of the graph: one of a head.</summary>
    /// <exception cref="InvalidDataException">It has another shape, or another type.</exception>
    public void Read(string name, ReadOnlySpan<long> shape, Span<float> destination)
    {
        var (file, tensor) = Tensors.Single(t => TextWeights.Canonical(t.Tensor.Name) == name);
        if (!shape.SequenceEqual([.. tensor.Shape]) || !FloatConversion.IsSupported(tensor.DType))
            throw new InvalidDataException($"'{file.Path}': tensor '{tensor.Name}' is {tensor.DType} {tensor.ShapeText}, expected F32, "
                + $"F16 or BF16 of shape [{string.Join(", ", shape.ToArray())}].");
        var stored = new CheckpointTensor(file, tensor);
        stored.ReadRows(0, checked((int)stored.Rows), destination);
    }

    /// <summary>Of the weights, as an export records it.</summary>
    public string Fingerprint(CancellationToken cancellationToken) => Weights.Fingerprint(cancellationToken);

    /// <summary>config.json of the model without a head, in float32.</summary>
    public JsonObject BareConfig()
    {
        var config = JsonNode.Parse(File.ReadAllBytes(Config.Path))!.AsObject();
        config["architectures"] = new JsonArray(ModelFamilies.AutoModel(_plan.ModelType));
        config["model_type"] = _plan.ModelType;
        // transformers 5 calls it dtype
        config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = "float32";
        return config;
    }

    public void Dispose() => _files.Dispose();
}
