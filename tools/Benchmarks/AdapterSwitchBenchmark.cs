using BenchmarkDotNet.Attributes;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// What it costs to switch the adapter between batches: the same four batches, two with each adapter, in an order with two switches and in
/// one with four. The difference of the two rows, halved, is one switch.
/// </summary>
[MinIterationCount(30)]
[MaxIterationCount(60)]
public class AdapterSwitchBenchmark : IDisposable
{
    private const int BatchSize = 8;
    private readonly DemoModel _demo = new();
    private XlLoraModel? _model;

    [GlobalSetup]
    public void Load() => _model = XlLoraModel.Load(_demo.Folder, new XlLoraModelOptions { BatchSize = BatchSize });

    [Benchmark(Baseline = true)]
    public Task TwoSwitches() => Run("pos", "pos", "neg", "neg");

    [Benchmark]
    public Task FourSwitches() => Run("pos", "neg", "pos", "neg");

    [GlobalCleanup]
    public void Dispose()
    {
        _model?.Dispose();
        _demo.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task Run(params string[] adapters)
    {
        foreach (var adapter in adapters)
        {
            var requests = Enumerable.Range(0, BatchSize).Select(row => new GenerationRequest
            {
                RowId = row,
                UserMessage = "Premise: Der Fischer trägt Holz.",
                Adapter = adapter,
                Sampling = SamplingOptions.Greedy,
                MaxNewTokens = 4,
            });
            await foreach (var _ in _model!.GenerateAsync(requests))
            {
            }
        }
    }
}
