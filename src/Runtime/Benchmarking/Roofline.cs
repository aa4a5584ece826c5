namespace XlLoraOnnx.Runtime;

/// <summary>
/// How fast a model can be on this machine at most, whatever runs it: a step takes as long as the weights take to be read, or as the
/// products take to be computed, whichever is longer (the roofline model, doi 10.1145/1498765.1498785).
/// </summary>
/// <remarks>Adapters, norms, sampling and the arithmetic of attention are not counted: for them, the bound is too high and never too low.
/// </remarks>
public sealed record Roofline
{
    /// <summary>What all cores read together in a second, of a buffer as large as the weights but for at most 512 MiB, in bytes.</summary>
    public required double BytesPerSecond { get; init; }

    /// <summary>Multiplications and additions in a second of ONNX Runtime's product of 2048 × 2048 matrices: in float32, or of 8-bit
    /// integers where the folder computes with those and they are faster.</summary>
    public required double OperationsPerSecond { get; init; }

    /// <summary>Weights that every step reads: linear modules and head, in bytes.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Multiplications and additions of a generated token in linear modules and head.</summary>
    public required long OperationsPerToken { get; init; }

    /// <summary>Measures the machine for a model. Takes seconds, and all cores.</summary>
    internal static Roofline Measure(DecoderWork work) => new()
    {
        BytesPerSecond = MachineSpeed.BytesPerSecond(work.WeightBytes),
        OperationsPerSecond = MachineSpeed.OperationsPerSecond(work.HasIntegers),
        WeightBytes = work.WeightBytes,
        OperationsPerToken = work.LayerOperations + work.HeadOperations,
    };

    /// <summary>The most generated tokens in a second, of rows whose prompts are read first; what prompts share is known.</summary>
    /// <returns>Also whether the steps that generate wait for memory, rather than for arithmetic.</returns>
    internal (double TokensPerSecond, bool IsMemory) Bound(DecoderWork work, int rows, GenerationBenchmarkOptions options)
    {
        var read = rows * (double)(options.PromptTokens - options.SharedTokens);
        var prompts = Math.Max(
            (read * work.LayerOperations + rows * (double)work.HeadOperations) / OperationsPerSecond, WeightBytes / BytesPerSecond);
        var (seconds, memory) = (prompts, 0.0);
        // the first token is chosen after the prompt
        for (var token = 1; token < options.NewTokens; token++)
        {
            var seen = Math.Min(options.PromptTokens + token, work.Window ?? int.MaxValue);
            var bytes = (WeightBytes + rows * (double)seen * work.PositionBytes) / BytesPerSecond;
            var operations = rows * (double)OperationsPerToken / OperationsPerSecond;
            seconds += Math.Max(bytes, operations);
            memory += bytes > operations ? 1 : 0;
        }
        return (rows * (double)options.NewTokens / seconds, memory * 2 >= options.NewTokens - 1);
    }
}
