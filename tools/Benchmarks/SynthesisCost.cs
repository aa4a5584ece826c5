using System.Diagnostics;
using System.Globalization;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// What journal and display cost beside a real model: the demonstration's anchors to triplets that are only counted, and to a run folder
/// with a line about the progress ten times a second. In turns, each first in every other round.
/// </summary>
internal static class SynthesisCost
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public static async Task RunAsync(int rounds)
    {
        using var demo = new DemoModel();
        var anchors = Path.Combine(AppContext.BaseDirectory, "demo", "world", "truth.jsonl.gz");
        using var model = XlLoraModel.Load(demo.Folder);
        Console.WriteLine($"{Environment.ProcessorCount} cores, {rounds} rounds, {model.Engine.Engine}, {model.DefaultSampling}");
        List<double> seconds = [], processor = [], writing = [];
        for (var round = 0; round <= rounds; round++)
        {
            var countedFirst = round % 2 == 0 ? await MeasureAsync(() => CountAsync(model, anchors)) : null;
            var kept = await MeasureAsync(() => KeepAsync(model, anchors));
            var counted = countedFirst ?? await MeasureAsync(() => CountAsync(model, anchors));
            if (round == 0)
                continue;
            seconds.Add(kept.Seconds / counted.Seconds - 1);
            processor.Add(kept.Processor / counted.Processor - 1);
            writing.Add(kept.Writing / kept.Seconds);
        }
        Console.WriteLine("| cost of the run folder | median | quartiles |");
        Console.WriteLine("|---|--:|--:|");
        Write("time, with the outputs", seconds);
        Write("processor, with the outputs", processor);
        Write("of the time writing the outputs", writing);
    }

    private static void Write(string name, List<double> shares)
    {
        var sorted = shares.Order().ToArray();
        var (low, median, high) = (sorted[sorted.Length / 4], sorted[sorted.Length / 2], sorted[3 * sorted.Length / 4]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {median:+0.0 %;-0.0 %} | {low:+0.0 %;-0.0 %} to {high:+0.0 %;-0.0 %} |"));
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

    private static async Task<Measured> MeasureAsync(Func<Task<double>> run)
    {
        var (started, processor) = (Stopwatch.GetTimestamp(), Process.GetCurrentProcess().TotalProcessorTime);
        var writing = await run();
        return new Measured(Stopwatch.GetElapsedTime(started).TotalSeconds,
            (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds, writing);
    }

    /// <param name="Writing">Seconds that the outputs took.</param>
    private sealed record Measured(double Seconds, double Processor, double Writing);

    private sealed class Line : IProgress<SynthesisProgress>
    {
        private long _last;

        public void Report(SynthesisProgress value)
        {
            if (Stopwatch.GetElapsedTime(_last) < Interval)
                return;
            _last = Stopwatch.GetTimestamp();
            Console.Error.Write(string.Create(CultureInfo.InvariantCulture,
                $"\r{value.Rows} of {value.TotalRows} rows   {value.RowsPerSecond:0} rows/s   {value.TokensPerSecond:0} tokens/s   "));
            Console.Error.Write(string.Create(CultureInfo.InvariantCulture,
                $"{value.UsefulTokenShare:0.0 %}   {value.PositiveAcceptRate:0.0 %}   {value.NegativeAcceptRate:0.0 %}   {value.TimeLeft}"));
        }
    }
}
