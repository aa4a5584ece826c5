using System.Globalization;
using XlLoraOnnx.Synthesis.PostgreSQL;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>status</c> shows of a run.</summary>
internal static class RunStatusView
{
    /// <param name="run">As the user called it.</param>
    /// <param name="lines">That are above, and are written over on a terminal.</param>
    /// <returns>Lines that were written.</returns>
    public static int Write(RunStatus status, string run, bool asJson, bool watches, int lines)
    {
        if (asJson)
        {
            if (watches)
                Console.Out.WriteLine(JsonOutput.Line(status));
            else
                JsonOutput.Write(status);
            return 0;
        }
        string[] text = [.. Lines(status, run)];
        if (lines > 0 && !Console.IsOutputRedirected)
            Console.Out.Write($"\u001b[{lines}A\u001b[J");
        foreach (var line in text)
            Console.Out.WriteLine(line);
        return text.Length;
    }

    internal static IEnumerable<string> Lines(RunStatus status, string run)
    {
        var share = status.Rows == 0 ? 0 : (double)status.DoneRows / status.Rows;
        yield return $"{run}: {Quantities.Count(status.DoneRows)} of {Quantities.Count(status.Rows)} rows ({Quantities.Percent(share)}), "
            + $"{Quantities.Count(status.DoneShards)} of {Quantities.Count(status.Shards)} shards finished";
        yield return status.IsComplete ? "complete: the outputs are written"
            : status.DoneShards == status.Shards ? "all rows are decided; the outputs are not written"
            : status.TimeLeft is { } left ? $"{Quantities.Rate(status.RowsPerSecond)} rows/s, {Quantities.Duration(left)} left"
            : "nobody works on it; the same command goes on";
        if (status.Tasks.Count == 0)
            yield break;
        var worker = PostgreSqlRunAddress.IsOne(status.Place) ? "worker" : "journal";
        string[][] table =
        [
            [worker, "task", "host", "state", "shards", "answers", "rows/s", "seen"],
            .. status.Tasks.Select(t => new[]
            {
                t.Journal.ToString("D4", CultureInfo.InvariantCulture), t.Task ?? "-", t.Host,
                t.State.ToString().ToLowerInvariant(), Quantities.Count(t.Shards), Quantities.Count(t.Answers),
                t.RowsPerSecond > 0 ? Quantities.Rate(t.RowsPerSecond) : "-",
                t.Silence is { } silence ? $"{Quantities.Duration(silence)} ago" : "-",
            }),
        ];
        int[] widths = [.. Enumerable.Range(0, table[0].Length).Select(c => table.Max(row => row[c].Length))];
        yield return "";
        foreach (var row in table)
            yield return string.Join("  ", row.Select((cell, c) => cell.PadRight(widths[c]))).TrimEnd();
        if (status.Tasks.Where(t => t.State == RunTaskState.Lost).Sum(t => t.Shards) is > 0 and var shards)
            yield return $"{Quantities.Count(shards)} {(shards == 1 ? "shard" : "shards")} of lost tasks: whoever asks next goes on with "
                + "them";
    }
}
