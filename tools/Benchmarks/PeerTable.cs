using System.Globalization;

namespace XlLoraOnnx.Benchmarks;

/// <summary>What peers answered, in Markdown.</summary>
internal static class PeerTable
{
    /// <summary>Tokens a second, how many times as fast ours of the same width is, and the most memory that the process had.</summary>
    public static void Print(TextWriter to, Peer[] peers, string[] cases)
    {
        to.WriteLine("Tokens a second; in brackets: how many times as fast ours with weights of the same width is. Memory: most until "
            + "the end of the case.");
        to.WriteLine($"| | {string.Join(" | ", cases.Select(c => $"{c} | peak, MB"))} |");
        to.WriteLine("|---|" + string.Concat(cases.Select(_ => "--:|--:|")));
        foreach (var peer in peers)
        {
            to.WriteLine($"| {peer.Name} | " + (peer.Error is { } error && cases.All(c => peer.Speeds(c).Count == 0)
                ? $"refuses: {error.ReplaceLineEndings(" ")} |"
                : string.Join(" | ", cases.Select(c => Cell(peer, peers.First(p => p.Like == peer.Like), c))) + " |"));
        }
    }

    /// <summary>Rows of the first round that have the same tokens as the first peer's.</summary>
    public static void PrintSameTokens(Peer[] peers, string name)
    {
        if (peers[0].Answer(name, 0) is not { } first)
            return;
        Console.WriteLine($"{name}: {first.Tokens.Average(t => t.Distinct().Count()):0} of {first.Tokens.Average(t => t.Length):0} tokens "
            + $"of an answer differ; answers with the tokens of {peers[0].Name}: "
            + string.Join("; ", peers.Skip(1)
                .Where(p => p.Answer(name, 0) is not null)
                .Select(p => $"{p.Name} {p.Answer(name, 0)!.Tokens.Zip(first.Tokens).Count(t => t.First.SequenceEqual(t.Second))}"))
            + $" of {first.Tokens.Length}");
    }

    private static string Cell(Peer peer, Peer ours, string name)
    {
        var (speeds, reference) = (peer.Speeds(name), ours.Speeds(name));
        if (speeds.Count == 0)
            return $"refuses: {peer.Error?.ReplaceLineEndings(" ")} | ";
        var ratio = Timing.Median(speeds.Select(s => reference[s.Key] / s.Value));
        var peak = speeds.Keys.Max(round => peer.Answer(name, round)!.PeakBytes);
        return string.Create(CultureInfo.InvariantCulture, $"{Timing.Median(speeds.Values):0.0}")
            + (ours == peer ? "" : string.Create(CultureInfo.InvariantCulture, $" ({ratio:0.00})"))
            + (speeds.Count < reference.Count ? ", once" : "")
            + string.Create(CultureInfo.InvariantCulture, $" | {peak / 1e6:0}");
    }
}
