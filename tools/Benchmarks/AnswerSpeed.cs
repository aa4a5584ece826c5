using System.Diagnostics;
using System.Globalization;

namespace XlLoraOnnx.Benchmarks;

/// <summary>What a decoder with an adapter of FLARE writes in a second, together with what it writes after the sources.</summary>
internal static class AnswerSpeed
{
    private const int Rows = 8, Length = 128;

    /// <param name="folder">Exported from a run.</param>
    public static void Run(string folder, int rounds)
    {
        using var model = new FusionModel(folder, new FusionOptions { MaxSourceBytes = 0 });
        Console.WriteLine($"{Environment.ProcessorCount} cores, {Rows} rows of {Length} tokens in each language; {rounds} rounds after one "
            + "that is not counted, medians");
        Console.WriteLine();
        Console.WriteLine("| tokens of an answer | s | tokens/s |");
        Console.WriteLine("|--:|--:|--:|");
        foreach (var tokens in (int[])[1, 16, 100])
        {
            var seconds = new List<double>();
            for (var round = -1; round < rounds; round++)
            {
                var random = new Random(round);
                TaskRow[] rows = [.. Enumerable.Range(0, Rows).Select(i =>
                    new TaskRow(i, new EncodedTask(Text(random), default, [], false), Text(random), null))];
                var start = Stopwatch.GetTimestamp();
                new FusionWriter(model, FusionSchedule.Stepwise, stops: false).Write(rows, tokens, CancellationToken.None);
                if (round >= 0)
                    seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
            var median = seconds.Order().ElementAt(rounds / 2);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {tokens} | {median:0.000} | {Rows * tokens / median:0} |"));
        }
    }

    private static int[] Text(Random random) => [.. Enumerable.Range(0, Length).Select(_ => random.Next(3, 250))];
}
