namespace XlLoraOnnx.Exporter;

/// <summary>How a checkpoint is exported.</summary>
public sealed record ExportOptions
{
    /// <summary>Adapter name → PEFT folder.</summary>
    public IReadOnlyDictionary<string, string> Adapters { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// One of <see cref="Adapters"/> to fold into the base, W + scale · B A in float32 before any rounding, instead of exporting it: a
    /// model
    /// for runs with that adapter alone. Null for none.
    /// </summary>
    public string? Merge { get; init; }

    /// <summary>
    /// Longest prompt plus answer in tokens, or the longest text of an encoder; by default what the checkpoint allows, but at most 8192.
    /// </summary>
    /// <remarks>The rows of the rotary caches. Each generator's memory grows with it.</remarks>
    public int? ContextLength { get; init; }

    /// <summary>How weights are stored; LoRA factors are never quantised.</summary>
    public ExportPrecision Precision { get; init; } = ExportPrecision.Fp32;

    /// <summary>Weights that share a scale when quantised: 32, 64 or 128; by default 32, and 64 for NF4.</summary>
    public int? BlockSize { get; init; }

    /// <summary>Whether quantised integers have their zero in the middle; otherwise each block has a zero point of its own.</summary>
    public bool Symmetric { get; init; } = true;

    /// <summary>Modules stored otherwise; the last rule that matches a module holds.</summary>
    public IReadOnlyList<KeepRule> Keep { get; init; } = [];

    /// <summary>How precisely quantised products are computed: 0 as the kernel likes, 1 float32, 2 float16, 3 bfloat16, 4 int8.</summary>
    /// <remarks>
    /// ONNX Runtime's <c>accuracy_level</c>, for Int8W and Int4. At 4, its tools' choice for the CPU, activations are rounded to 8 bits too:
    /// about five times as fast as float32 for single tokens, and the larger part of the error of an Int8W export. At 1 the export computes
    /// what its weights say; 8-bit products are then very slow (tools/Benchmarks/results/quantization.md).
    /// </remarks>
    public int AccuracyLevel { get; init; } = 4;

    /// <summary>Bytes of memory that the whole process does not exceed; by default 2 GiB.</summary>
    public long? MaxRam { get; init; }

    /// <summary>How often what is complete is flushed and entered in the journal.</summary>
    internal TimeSpan JournalInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Which √hidden_size the embeddings of a Gemma model are multiplied by; other families have no such factor.</summary>
    public EmbeddingScaleMode EmbeddingScale { get; init; }

    /// <summary>How an encoder makes one vector of a text; by default as its sentence-transformers files say, else the mean.</summary>
    /// <remarks>
    /// With it, a checkpoint that generates text is exported to turn texts into vectors instead: not by Cls, unless its attention goes both
    /// ways, nor by the states of several layers.
    /// </remarks>
    public EmbeddingPooling? Pooling { get; init; }

    /// <summary>Whether vectors are made 1 long; by default as the sentence-transformers files say, else not.</summary>
    public bool? Normalize { get; init; }

    /// <summary>There where the folder to export is a run of FLARE, with what it was applied to; null for a checkpoint.</summary>
    public FlareOptions? Flare { get; init; }

    /// <summary>What the graph of <see cref="Flare"/> looks like.</summary>
    internal FlareShape? Fusion { get; init; }

    /// <summary>Whether a decoder is exported to embed even where <see cref="Pooling"/> is null: it has no head.</summary>
    internal bool VectorsAlone { get; init; }

    /// <summary>Whether a decoder's only graph is the one that is differentiated: <see cref="DecoderGraph.Training"/>.</summary>
    internal bool ForTraining { get; init; }

    /// <summary>
    /// Roles of the graphs to write over the one data file, of those that the model has; <see cref="GraphRoles.Lora"/>, or
    /// <see cref="GraphRoles.Embedding"/>, is always among them.
    /// </summary>
    public IReadOnlyList<string> Roles { get; init; } = GraphRoles.All;
}

/// <summary>How exact the factor on the embeddings of a Gemma model is.</summary>
/// <remarks>
/// transformers rounds it to the type that the model is loaded in, so adapters that were trained on a bfloat16 model have learned with the
/// rounded one; the two differ by up to 0.25 %.
/// </remarks>
public enum EmbeddingScaleMode
{
    /// <summary>Rounded when the export is not float32 and config.json says that the model was trained in bfloat16; else exact.</summary>
    Auto,
    /// <summary>√hidden_size in float32, as in a model that is loaded in float32.</summary>
    Exact,
    /// <summary>Rounded to bfloat16, as in a model that is loaded in bfloat16.</summary>
    Bf16,
}

/// <summary>Where an export stands.</summary>
/// <param name="Stage">What is being done, e.g. <c>weights</c>.</param>
/// <param name="BytesTotal">Of this stage.</param>
public sealed record ExportProgress(string Stage, long BytesDone, long BytesTotal);
