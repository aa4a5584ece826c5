using System.Diagnostics;
using System.Text.Json;

namespace XlLoraOnnx.Benchmarks;

/// <param name="Wall">Tokens a second.</param>
/// <param name="Processor">Tokens for a second of one processor: what others do on the machine changes it little.</param>
internal sealed record Speed(double Wall, double Processor);

/// <param name="Tokens">Of each sentence, in their order.</param>
internal sealed record TranslationResult(Speed Speed, int[][] Tokens);

/// <summary>Ours in a process of its own: a model is loaded, warmed up and measured, and what it did written to a file.</summary>
internal static class TranslationRun
{
    public const string One = "one adapter", Mixed = "two adapters, mixed", Plain = "no adapter", Beams = "one adapter, 4 beams";
    private const int Rows = 64;

    public static readonly string[] Adapters = ["eng_Latn-hau_Latn", "eng_Latn-hin_Deva"];

    /// <param name="way">adapters, plain or beams.</param>
    public static async Task MeasureAsync(string folder, string way, string output)
    {
        await using var model = XlLoraModel.Load(folder, new XlLoraModelOptions
        {
            // all at once: half as many are worth less, as the last of them run alone
            Slots = Rows,
            NumBeams = way == "beams" ? 4 : 1,
            // random adapters answer a canary as they like
            Canary = false,
        });
        (string Name, string?[] Adapters)[] cases = way switch
        {
            "plain" => [(Plain, [null])],
            "beams" => [(Beams, Adapters[..1])],
            // the second is mounted when it is asked for, so that the first runs as if there were no other
            _ => [(One, Adapters[..1]), (Mixed, Adapters)],
        };
        var results = new Dictionary<string, TranslationResult>();
        foreach (var (name, adapters) in cases)
        {
            await RunAsync(model, TranslationSpeed.MakeSentences()[..Adapters.Length], adapters);
            results[name] = await RunAsync(model, TranslationSpeed.MakeSentences(), adapters);
        }
        File.WriteAllText(output, JsonSerializer.Serialize(results));
    }

    private static async Task<TranslationResult> RunAsync(XlLoraModel model, int[][] sentences, string?[] adapters)
    {
        var requests = sentences.Select((ids, i) => new GenerationRequest
        {
            RowId = i,
            Translation = new TranslationSource("", "eng_Latn", TranslationSpeed.Language) { Tokens = ids },
            Adapter = adapters[i % adapters.Length],
            MaxNewTokens = ids.Length,
            IgnoreStopTokens = true,
        }).ToArray();
        var (started, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var results = await model.GenerateAsync(requests).ToListAsync();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var used = (Environment.CpuUsage.TotalTime - processor).TotalSeconds;
        if (results.Find(r => r.Error is not null) is { } failed)
            throw new InvalidOperationException(failed.Error);
        int[][] tokens = [.. results.OrderBy(r => r.RowId).Select(r => r.Tokens.ToArray())];
        var count = tokens.Sum(t => t.Length);
        return new TranslationResult(new Speed(count / seconds, count / used), tokens);
    }
}
