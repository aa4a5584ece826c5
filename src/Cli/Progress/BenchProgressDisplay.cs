
namespace XlLoraOnnx.Cli;

/// <summary>
/// Measurements that are done: one line that is rewritten on a terminal, a line for each batch size elsewhere. On standard error, so that
/// standard output holds results only.
/// </summary>
internal sealed class BenchProgressDisplay : IProgress<GenerationBenchmarkProgress>
{
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private int _batchSize;

    private BenchProgressDisplay()
    {
    }

    public static async Task<GenerationBenchmarkReport> RunAsync(
        Func<IProgress<GenerationBenchmarkProgress>, Task<GenerationBenchmarkReport>> run)
    {
        var display = new BenchProgressDisplay();
        try
        {
            return await run(display).ConfigureAwait(false);
        }
        finally
        {
            if (display is { _terminal: true, _batchSize: > 0 })
                Console.Error.Write("\r\u001b[K");
        }
    }

    public void Report(GenerationBenchmarkProgress value)
    {
        var text = $"{Quantities.Count(value.Done)} of {Quantities.Count(value.Total)} measurements, "
            + $"{Quantities.Count(value.BatchSize)} rows: {Quantities.Rate(value.TokensPerSecond)} tokens/s";
        if (_terminal)
            Console.Error.Write($"\r\u001b[K{text}");
        else if (value.BatchSize != _batchSize)
            Console.Error.WriteLine(text);
        _batchSize = value.BatchSize;
    }
}
