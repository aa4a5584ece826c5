using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace XlLoraOnnx.Benchmarks;

/// <param name="Adapters">Of the sentences in turn; null for none.</param>
/// <param name="MaxTokens">Of an answer, where its sentence has more.</param>
internal sealed record TranslationQuestion(string?[] Adapters, int MaxTokens);

/// <param name="Processor">Seconds of all cores.</param>
/// <param name="Tokens">Of each sentence, in their order.</param>
internal sealed record TranslationAnswer(double Seconds, double Processor, int[][] Tokens)
{
    public Speed Speed
    {
        get
        {
            var count = Tokens.Sum(t => t.Length);
            return new Speed(count / Seconds, count / Processor);
        }
    }
}

/// <param name="Wall">Tokens a second.</param>
/// <param name="Processor">Tokens for a second of one processor: what others do on the machine changes it little.</param>
internal sealed record Speed(double Wall, double Processor);

/// <summary>Ours in a process of its own, that stays: a line of JSON in, a line out, as of the peer.</summary>
internal static class TranslationRun
{
    public static readonly string[] Adapters = ["eng_Latn-hau_Latn", "eng_Latn-hin_Deva"];

    /// <param name="slots">default, or so many.</param>
    public static async Task ServeAsync(string folder, int beams, string slots)
    {
        await using var model = XlLoraModel.Load(folder, new XlLoraModelOptions
        {
            Slots = slots == "default" ? null : int.Parse(slots, CultureInfo.InvariantCulture),
            NumBeams = beams,
            // random adapters answer a canary as they like
            Canary = false,
        });
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var question = JsonSerializer.Deserialize<TranslationQuestion>(line, JsonSerializerOptions.Web)!;
            Console.WriteLine(JsonSerializer.Serialize(await AnswerAsync(model, question), JsonSerializerOptions.Web));
        }
    }

    private static async Task<TranslationAnswer> AnswerAsync(XlLoraModel model, TranslationQuestion question)
    {
        var requests = TranslationSpeed.MakeSentences().Select((ids, i) => new GenerationRequest
        {
            RowId = i,
            Translation = new TranslationSource("", "eng_Latn", TranslationSpeed.Language) { Tokens = ids },
            Adapter = question.Adapters[i % question.Adapters.Length],
            MaxNewTokens = Math.Min(ids.Length, question.MaxTokens),
            IgnoreStopTokens = true,
        }).ToArray();
        var (started, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var results = await model.GenerateAsync(requests).ToListAsync();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var used = (Environment.CpuUsage.TotalTime - processor).TotalSeconds;
        if (results.Find(r => r.Error is not null) is { } failed)
            throw new InvalidOperationException(failed.Error);
        return new TranslationAnswer(seconds, used, [.. results.OrderBy(r => r.RowId).Select(r => r.Tokens.ToArray())]);
    }
}
