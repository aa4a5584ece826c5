using System.Diagnostics;
using System.Globalization;
using XlLoraOnnx.Runtime;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// What journal and display cost beside a real model: the demonstration's anchors to triplets that are only counted, and to a run folder
/// with a line about the progress ten times a second. In turns.
/// </summary>
internal static class SynthesisCost
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public static async Task RunAsync(int rounds)
    {
        using var demo = new DemoModel();
        var anchors = Path.Combine(AppContext.BaseDirectory, "demo", "world", "truth.jsonl");
        using var model = XlLoraModel.Load(demo.Folder);
        Console.WriteLine($"{Environment.ProcessorCount} cores, {rounds} rounds, {model.Engine.Engine}, {model.DefaultSampling}");
        Console.WriteLine("| round | counted only, s | processor, s | run folder, s | processor, s | of it writing the outputs, s | cost of the rest |");
        Console.WriteLine("|--:|--:|--:|--:|--:|--:|--:|");
        List<double> costs = [];
        for (var round = 0; round <= rounds; round++)
        {
            var (counted, countedProcessor, _) = await TimeAsync(() => CountAsync(model, anchors));
            var (kept, keptProcessor, writing) = await TimeAsync(() => KeepAsync(model, anchors));
            var cost = (kept - writing) / counted - 1;
            if (round == 0)
                continue;
            costs.Add(cost);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {round} | {counted:0.00} | {countedProcessor:0.00} | {kept:0.00} | {keptProcessor:0.00} | {writing:0.00} | {cost:+0.0 %;-0.0 %} |"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"median {costs.Order().ElementAt(costs.Count / 2):+0.0 %;-0.0 %}"));
    }

    private static async Task<double> CountAsync(XlLoraModel model, string anchors)
    {
        var triplets = await new Synthesizer(model.Generator)
            .SynthesizeAsync(AnchorReader.ReadAsync(anchors), new SynthesisOptions { Sampling = model.DefaultSampling })
            .CountAsync(r => r.IsTriplet);
        return triplets > 0 ? 0 : throw new InvalidOperationException("There are no triplets.");
    }

    private static async Task<double> KeepAsync(XlLoraModel model, string anchors)
    {
        var folder = Directory.CreateTempSubdirectory("xllora-bench-");
        try
        {
            var report = await SynthesisJob.RunAsync(model, new SynthesisJobOptions
            {
                Input = anchors,
                Output = Path.Combine(folder.FullName, "run"),
                Synthesis = new SynthesisOptions { Sampling = model.DefaultSampling },
            }, progress: new Line());
            return report.WritingTime.TotalSeconds;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<(double Seconds, double Processor, double Writing)> TimeAsync(Func<Task<double>> run)
    {
        var (started, processor) = (Stopwatch.GetTimestamp(), Process.GetCurrentProcess().TotalProcessorTime);
        var writing = await run();
        return (Stopwatch.GetElapsedTime(started).TotalSeconds,
            (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds, writing);
    }

    private sealed class Line : IProgress<SynthesisProgress>
    {
        private long _last;

        public void Report(SynthesisProgress value)
        {
            if (Stopwatch.GetElapsedTime(_last) < Interval)
                return;
            _last = Stopwatch.GetTimestamp();
            Console.Error.Write(string.Create(CultureInfo.InvariantCulture,
                $"\r{value.Rows} of {value.TotalRows} rows   {value.RowsPerSecond:0} rows/s   {value.TokensPerSecond:0} tokens/s   "
                + $"{value.UsefulTokenShare:0.0 %}   {value.PositiveAcceptRate:0.0 %}   {value.NegativeAcceptRate:0.0 %}   {value.TimeLeft}"));
        }
    }
}
