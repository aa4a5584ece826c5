using System.Diagnostics;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.GpuCheck;

/// <summary>The same rows with steps that are recorded as CUDA graphs and with steps that are not.</summary>
internal static class GraphCheck
{
    public static JsonObject Run(CheckOptions options, ModelFolder folder, IReadOnlyList<string> adapters, int rows, int steps)
    {
        if (options.Device.IsCpu)
            return CheckLog.Open("only on CUDA");
        var (plain, plainTime) = Tokens(options, folder, adapters, rows, steps, graphs: false);
        var (played, playedTime) = Tokens(options, folder, adapters, rows, steps, graphs: true);
        var same = Enumerable.Range(0, rows).Count(r => plain[r].SequenceEqual(played[r]));
        return new JsonObject
        {
            ["pass"] = same == rows,
            ["rows"] = rows,
            ["equal_rows"] = same,
            ["step_ms"] = plainTime,
            ["step_ms_with_graphs"] = playedTime,
        };
    }

    /// <returns>Tokens of each row, and the median step in milliseconds.</returns>
    private static (int[][] Tokens, double StepTime) Tokens(
        CheckOptions options, ModelFolder folder, IReadOnlyList<string> adapters, int rows, int steps, bool graphs)
    {
        using var run = new DecoderRun(folder, options, adapters, rows, capacity: 256, graphs);
        var random = new Random(3);
        var prompts = Enumerable.Range(0, rows)
            .Select(_ => Enumerable.Range(0, random.Next(5, 60)).Select(_ => random.Next(5, 1000)).ToArray()).ToArray();
        var tokens = prompts.Select((p, row) => new List<int> { DecoderRun.Best(run.Read(row, p, Lane(row))) }).ToArray();
        var times = new List<double>();
        for (var step = 0; step < steps; step++)
        {
            var started = Stopwatch.GetTimestamp();
            run.Device.Decode([.. prompts.Select((p, row) => new StepRow(tokens[row][^1], p.Length + step, Lane(row), Wanted: true))]);
            for (var row = 0; row < rows; row++)
                tokens[row].Add(run.Greedy(row));
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        return ([.. tokens.Select(t => t.ToArray())], Measured.Median(times));

        int Lane(int row) => row % (adapters.Count + 1) - 1;
    }
}
