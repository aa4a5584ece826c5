namespace XlLoraOnnx.Runtime;

/// <summary>What a <see cref="GenerationBenchmark"/> measures.</summary>
public sealed record GenerationBenchmarkOptions
{
    /// <summary>Rows that are generated together; null for those of 1, 2, 4, 8, 16 and 32 that the model was loaded for.</summary>
    public IReadOnlyList<int>? BatchSizes { get; init; }

    /// <summary>Tokens of each prompt.</summary>
    public int PromptTokens { get; init; } = 100;

    /// <summary>Tokens at the beginning that all prompts share, in every run; the others are drawn anew each time.</summary>
    public int SharedTokens { get; init; } = 70;

    /// <summary>Tokens of each answer.</summary>
    public int NewTokens { get; init; } = 40;

    /// <summary>How often each case is measured; the median counts.</summary>
    public int Runs { get; init; } = 3;

    /// <summary>One adapter, or two to be mixed as well; null for the first two of the folder, if it has them.</summary>
    public IReadOnlyList<string>? Adapters { get; init; }

    /// <summary>Measures what the machine can do at most as well, and states for every batch size what follows from it. For decoders on the
    /// CPU. Takes seconds, and up to 512 MiB.</summary>
    public bool Roofline { get; init; }
}
