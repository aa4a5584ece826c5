namespace XlLoraOnnx.Runtime;

/// <summary>What a <see cref="GenerationBenchmark"/> found on this machine.</summary>
public sealed record GenerationBenchmarkReport
{
    /// <summary>Name of the model folder.</summary>
    public required string Model { get; init; }

    /// <summary>Number format of its weights.</summary>
    public required string Precision { get; init; }

    /// <summary>What ran it, and why.</summary>
    public required EngineInfo Engine { get; init; }

    /// <summary>Operating system, processor architecture and number of logical processors.</summary>
    public required string Machine { get; init; }

    /// <summary>What was measured; nothing in it is null.</summary>
    public required GenerationBenchmarkOptions Options { get; init; }

    /// <summary>Physical memory of the process when the first measurement began, in bytes.</summary>
    public required long LoadedBytes { get; init; }

    /// <summary>What bounds the speed; null if it was not asked for.</summary>
    public Roofline? Roofline { get; init; }

    /// <summary>A row for each batch size, in ascending order.</summary>
    public required IReadOnlyList<GenerationBenchmarkRow> Rows { get; init; }
}

/// <summary>One batch size; rates are generated tokens of all rows in a second of wall-clock time, prompts included.</summary>
public sealed record GenerationBenchmarkRow
{
    /// <summary>Rows that were generated together.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Without an adapter.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>All rows with the first adapter; null if there is none.</summary>
    public double? AdapterTokensPerSecond { get; init; }

    /// <summary>Half of the rows with each of two adapters; null if there are not two, or the batch has one row.</summary>
    public double? MixedTokensPerSecond { get; init; }

    /// <summary>Time that the adapter adds, as a share of the time without one.</summary>
    public double? AdapterCost => Cost(AdapterTokensPerSecond);

    /// <summary>Time that two mixed adapters add, as a share of the time without one.</summary>
    public double? MixedCost => Cost(MixedTokensPerSecond);

    /// <summary>The most that <see cref="TokensPerSecond"/> can be on this machine; null without a
    /// <see cref="GenerationBenchmarkReport.Roofline"/>.</summary>
    public double? BoundTokensPerSecond { get; init; }

    /// <summary>Whether most steps at that speed wait for memory, rather than for arithmetic; null without a bound.</summary>
    public bool? IsBoundByMemory { get; init; }

    /// <summary>Of the tokens that were looked up, in all cases, the share that was chosen, 0 to 1; null if none were.</summary>
    public double? AcceptedTokenShare { get; init; }

    /// <summary>Most physical memory of the process, in bytes.</summary>
    public required long PeakBytes { get; init; }

    /// <summary>Most physical memory beyond what it was when the first measurement began, in bytes.</summary>
    public required long GrowthBytes { get; init; }

    /// <summary>Whether every answer had the length that was asked for; if not, real tokens were counted.</summary>
    public required bool FullLength { get; init; }

    private double? Cost(double? rate) => rate is > 0 ? TokensPerSecond / rate - 1 : null;
}
