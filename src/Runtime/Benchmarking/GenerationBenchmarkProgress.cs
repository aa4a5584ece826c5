namespace XlLoraOnnx.Runtime;

/// <summary>Where a <see cref="GenerationBenchmark"/> stands.</summary>
/// <param name="Done">Measurements that are done.</param>
/// <param name="Total">Measurements in all, those that warm up included.</param>
/// <param name="BatchSize">Of the last one.</param>
/// <param name="TokensPerSecond">Of the last one.</param>
public sealed record GenerationBenchmarkProgress(int Done, int Total, int BatchSize, double TokensPerSecond);
