namespace XlLoraOnnx.Exporter;

/// <summary>
/// The files that sentence-transformers puts beside a checkpoint: <c>modules.json</c>, the pooling's own config, and what is done to a text
/// before it is tokenised (sentence_transformers, models/Pooling.py and models/Transformer.py).
/// </summary>
internal sealed record SentenceTransformersFolder
{
    public const string Modules = SentenceModules.FileName;
    private const string Remedy =
        "A copy of the folder without modules.json can be exported, pooled as --pooling says; its vectors are others than this model's";

    /// <summary>Of the Transformer; the first of them that is there counts.</summary>
    public static IReadOnlyList<string> TransformerConfigs { get; } =
        ["sentence_bert_config.json", "sentence_roberta_config.json", "sentence_xlm-roberta_config.json"];

    // how transformers loads a model, and not what it computes
    private static readonly string[] Neutral =
        ["torch_dtype", "dtype", "attn_implementation", "trust_remote_code", "low_cpu_mem_usage", "device_map", "use_safetensors",
            "add_pooling_layer"];

    /// <summary>Concatenated in their order; null where the modules do not pool, or it was not asked.</summary>
    public IReadOnlyList<EmbeddingPooling>? Poolings { get; private init; }
    /// <summary>In their order.</summary>
    public IReadOnlyList<DenseFacts> Dense { get; private init; } = [];
    /// <summary>Whether that is the last thing done to a vector.</summary>
    public bool Normalize { get; private init; }
    public int? MaxSequenceLength { get; private init; }
    public bool DoLowerCase { get; private init; }

    /// <summary>Null for a folder without <c>modules.json</c>.</summary>
    /// <param name="readPooling">False where the caller pools in a way of its own, whatever the file says.</param>
    /// <exception cref="NotSupportedException">It has modules, or ways to pool, that the graphs cannot do; with all of them.</exception>
    public static SentenceTransformersFolder? Read(string folder, bool readPooling = true)
    {
        if (SentenceModules.Read(folder) is not { } modules)
            return null;
        SentenceModules.Check(Path.Combine(folder, Modules), modules, Remedy);
        var pooling = modules.FirstOrDefault(m => m.Type == "Pooling");
        var transformer = TransformerConfigs.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        var text = transformer is null ? null : ConfigReader.Open(transformer);
        if (text is not null)
            CheckTransformer(text);
        var (dense, normalize) = ReadVectorModules(folder, modules);
        return new SentenceTransformersFolder
        {
            Poolings = pooling is null || !readPooling ? null : ReadPoolings(folder, modules, pooling),
            Dense = dense,
            Normalize = normalize,
            MaxSequenceLength = text is not null && text.Has("max_seq_length") ? text.PositiveInt("max_seq_length", 1) : null,
            DoLowerCase = text?.Bool("do_lower_case", false) ?? false,
        };
    }

    private static IReadOnlyList<EmbeddingPooling> ReadPoolings(
        string folder, IReadOnlyList<SentenceModule> modules, SentenceModule pooling)
    {
        var ofTokens = SentencePoolingConfig.Read(Path.Combine(folder, pooling.Path, "config.json"), Remedy);
        return modules.FirstOrDefault(m => m.Type == WeightedLayers.Module) is { } layers
            ? [WeightedLayers.Read(folder, layers.Path, ofTokens, Remedy)]
            : ofTokens;
    }

    /// <summary>What comes after the Pooling.</summary>
    private static (IReadOnlyList<DenseFacts> Dense, bool Normalize) ReadVectorModules(string folder, IReadOnlyList<SentenceModule> modules)
    {
        var dense = new List<DenseFacts>();
        var normalized = false;
        foreach (var module in modules)
        {
            if (module.Type == "Dense")
                dense.Add(DenseModule.Read(folder, module.Path, normalized, Remedy));
            // before sentence-transformers 5.6 a Normalize had no file
            else if (module.Type == "Normalize" && Path.Combine(folder, module.Path, "config.json") is var path && module.Path.Length > 0
                && File.Exists(path))
                SentenceFields.Normalize.ThrowIfRefused(ConfigReader.Open(path), Remedy);
            normalized = module.Type == "Normalize" || (normalized && module.Type == "Dropout");
        }
        return (dense, normalized);
    }

    /// <summary>What the Transformer's own file makes of texts and tokens that no graph does.</summary>
    private static void CheckTransformer(ConfigReader text)
    {
        var reasons = SentenceFields.Transformer.Refusals(text).Select(r => r.Reason).ToList();
        if (text.OptionalObject("modality_config") is { } modalities)
        {
            if (modalities.OptionalObject("text") is { } modality)
            {
                CheckWord(modality, "method", "forward");
                CheckWord(modality, "method_output_name", "last_hidden_state");
            }
            else
                reasons.Add($"{modalities.Describe("text")}: the model takes no texts.");
        }
        foreach (var part in (string[])["model_args", "model_kwargs", "config_args", "config_kwargs"])
        {
            if (text.OptionalObject(part) is { } settings)
                reasons.AddRange(settings.Names.Where(n => !Neutral.Contains(n)).Select(n => $"{settings.Describe(n)}, which is not read: "
                    + "write it to config.json."));
        }
        if (reasons.Count > 0)
            throw new NotSupportedException($"{string.Join(' ', reasons)} {Remedy}.");

        void CheckWord(ConfigReader config, string name, string allowed)
        {
            if (config.OptionalString(name) is { } word && word != allowed)
                reasons.Add($"{config.Describe(name)}; {allowed} is supported.");
        }
    }
}
