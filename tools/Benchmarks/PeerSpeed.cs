using System.Globalization;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Tokens per second of one model in one table: ours, GenAI, llama.cpp by LLamaSharp and by node-llama-cpp. Each in a process of its own
/// that stays; turns round by round, one at a time; medians, ratios round by round. Requests as in <see cref="GenerationSpeed"/>.
/// </summary>
internal static class PeerSpeed
{
    private const int WarmTokens = 4;

    /// <summary>Who takes that much longer than ours in float32 has one round only.</summary>
    private const double Slow = 2.5;

    private static readonly ExportPrecision[] Precisions = [ExportPrecision.Fp32, ExportPrecision.Int8, ExportPrecision.Int4];
    private static readonly string[] Ours = ["pos"], Mixed = ["pos", "neg"];

    /// <summary>Names of them: a number of rows at a time, with "mixed" after it for two adapters by turns.</summary>
    public static readonly string[] AllCases = ["1", "8", "32", "32mixed"];

    public static async Task RunAsync(int rounds, string[] cases)
    {
        var root = Directory.CreateTempSubdirectory("xllora-peers-").FullName;
        try
        {
            Prepare(root);
            await CompareAsync(root, rounds, cases);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>Exports and llama.cpp's files, in a folder that may be used several times.</summary>
    public static void Prepare(string root)
    {
        var (checkpoint, adapter) = (Path.Combine(root, "checkpoint"), Path.Combine(root, "adapter"));
        var shape = ShapedCheckpoint.Gemma270M;
        shape.Write(checkpoint);
        ShapedCheckpoint.WriteAdapter(shape, adapter);
        foreach (var precision in Precisions)
        {
            var options = new ExportOptions
            {
                Precision = precision,
                Adapters = Mixed.ToDictionary(name => name, _ => adapter),
                ContextLength = 512,
            };
            ModelExporter.Export(checkpoint, Path.Combine(root, $"{precision}"), precision == ExportPrecision.Fp32
                ? options : options with { Roles = [GraphRoles.Continuous, GraphRoles.ContinuousBase] });
        }
        LlamaPeer.Prepare(checkpoint, adapter, root);
        Directory.Delete(checkpoint, recursive: true);
        Console.WriteLine(LlamaPeer.CompareWithRecorded(Path.Combine(AppContext.BaseDirectory, "demo"), Path.Combine(root, "demo")));
    }

    /// <param name="root">A folder that <see cref="Prepare"/> filled.</param>
    public static async Task CompareAsync(string root, int rounds, string[] cases)
    {
        Console.WriteLine($"gemma-3-270m shape, random weights, {Environment.ProcessorCount} cores, {rounds} rounds, load "
            + (await File.ReadAllTextAsync("/proc/loadavg")).Trim());
        var nodeFolder = Path.Combine(Environment.CurrentDirectory, "tools", "Benchmarks", "js", "llama");
        Peer[] peers =
        [
            .. Precisions.Select(p => new Peer($"ours, {p.ToString().ToLowerInvariant()}", p,
                () => ScriptProcess.StartOurs("peers-serve", $"{TextEngine.Continuous}", Path.Combine(root, $"{p}")))),
            new("ONNX Runtime GenAI, fp32", ExportPrecision.Fp32,
                () => ScriptProcess.StartOurs("peers-serve", $"{TextEngine.GenAi}", Path.Combine(root, "Fp32"))),
            .. LlamaPeer.Types.Zip(Precisions).Select(t => new Peer($"llama.cpp (LLamaSharp), {t.First}", t.Second,
                () => ScriptProcess.StartOurs("peers-serve", "llama", root, t.First, "unified"))),
            .. LlamaPeer.Types.Zip(Precisions).Skip(1).Select(t => new Peer($"node-llama-cpp, {t.First}", t.Second,
                () => ScriptProcess.Start(nodeFolder, "generate.mjs", root, t.First))),
        ];
        foreach (var name in cases)
        {
            Measure(peers, name, rounds);
            // whoever stops it has what was done
            PeerTable.Print(Console.Error, peers, [name]);
        }
        PeerTable.Print(Console.Out, peers, cases);
        foreach (var peer in peers)
            peer.Dispose();
    }

    private static void Measure(Peer[] peers, string name, int rounds)
    {
        var size = int.Parse(name.Replace("mixed", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        var adapters = name.EndsWith("mixed", StringComparison.Ordinal) ? Mixed : Ours;
        foreach (var peer in peers)
            peer.Ask(name, -1, Question(size, size, adapters, -1, WarmTokens));
        for (var round = 0; round < rounds; round++)
        {
            var question = Question(Math.Max(2 * size, 4), size, adapters, round, int.MaxValue);
            for (var turn = 0; turn < peers.Length; turn++)
            {
                var peer = peers[(turn + round) % peers.Length];
                if (round == 0 || !peer.IsSlow(name, than: peers[0], Slow))
                    peer.Ask(name, round, question);
            }
        }
        PeerTable.PrintSameTokens(peers, name);
    }

    private static PeerQuestion Question(int rows, int size, string[] adapters, int round, int mostTokens) => new(
        [.. GenerationSpeed.Requests(rows, adapters, SamplingOptions.Greedy, round).Select(r => new PeerRow(
            [.. r.PromptTokens!], r.Adapter!, Math.Min(r.MaxNewTokens, mostTokens)))], size);
}
