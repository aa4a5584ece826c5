namespace XlLoraOnnx.Runtime;

/// <summary>How a model folder is loaded.</summary>
public sealed record XlLoraModelOptions
{
    /// <summary>What runs it; <see cref="XlLoraModel.Engine"/> says what was chosen and why.</summary>
    public TextEngine Engine { get; init; }

    /// <summary>ONNX Runtime GenAI, from the package XlLoraOnnx.Runtime.GenAI (<c>GenAiTextGeneratorFactory</c>); null: not here.</summary>
    public ITextGeneratorFactory? GenAi { get; init; }

    /// <summary>Rows that run together on ONNX Runtime GenAI, 1 to 32 (the most that it takes).</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Where to run: <c>cpu</c>, <c>cuda:0</c>, …; ONNX Runtime GenAI takes <c>cpu</c> only.</summary>
    public IReadOnlyList<string> Devices { get; init; } = ["cpu"];

    /// <summary>Rows that run together on one device of the continuous engine; null for what its memory allows.</summary>
    public int? Slots { get; init; }

    /// <summary>Most adapters that the continuous engine keeps in the memory of a device; at least 1.</summary>
    public int MaxResidentAdapters { get; init; } = 4;

    /// <summary>Most prompt tokens that the continuous engine computes between two steps of running rows; at least 1.</summary>
    public int PrefillTokens { get; init; } = 256;

    /// <summary>Whether the continuous engine records its steps on CUDA devices as CUDA graphs and plays them; for short steps.</summary>
    /// <remarks>
    /// Not proven: it has not run on a GPU yet (tools/gpu/README.md says how). Each number of rows is recorded when it first comes,
    /// which takes the time of several steps, and device memory for as long as the model is loaded.
    /// </remarks>
    public bool CudaGraphs { get; init; }

    /// <summary>
    /// Whether an adapter must change the logits of the recorded canary prompt when it is mounted; one that does not is an error.
    /// </summary>
    public bool Canary { get; init; } = true;
}
