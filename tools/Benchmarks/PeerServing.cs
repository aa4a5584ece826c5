using System.Diagnostics;
using System.Text.Json;

namespace XlLoraOnnx.Benchmarks;

/// <summary>A prompt whose beginning all prompts share.</summary>
internal sealed record PeerRow(int[] Prompt, string Adapter, int MaxNewTokens);

/// <param name="Size">Rows at a time.</param>
internal sealed record PeerQuestion(PeerRow[] Rows, int Size)
{
    /// <summary>Tokens that rows share, for programs that must be told.</summary>
    public int SharedTokens { get; } = GenerationSpeed.SharedTokens;
}

/// <param name="PeakBytes">Most resident memory of the process until now.</param>
/// <param name="Tokens">Of each row; empty where there was an error.</param>
internal sealed record PeerAnswer(double Seconds, long PeakBytes, int[][] Tokens, string? Error = null);

/// <summary>One of those that are compared, in a process of its own: a line of JSON in, a line out.</summary>
internal static class PeerServing
{
    /// <param name="engine">GenAi or Continuous.</param>
    public static async Task ServeOursAsync(string folder, TextEngine engine)
    {
        XlLoraModel? model = null;
        var slots = 0;
        await ServeAsync(async question =>
        {
            if (question.Size != slots)
                model?.Dispose();
            if (question.Size != slots || model is null)
                (model, slots) = (GenerationSpeed.Load(folder, engine, question.Size), question.Size);
            var requests = question.Rows.Select((row, i) => new GenerationRequest
            {
                RowId = i,
                PromptTokens = row.Prompt,
                Adapter = row.Adapter,
                MaxNewTokens = row.MaxNewTokens,
                Sampling = SamplingOptions.Greedy,
                IgnoreStopTokens = true,
            });
            var results = await model.GenerateAsync(requests).ToListAsync();
            return results.Find(r => r.Error is not null) is { } failed
                ? throw new InvalidOperationException(failed.Error)
                : [.. results.OrderBy(r => r.RowId).Select(r => r.Tokens.ToArray())];
        });
        model?.Dispose();
    }

    public static async Task ServeAsync(Func<PeerQuestion, Task<int[][]>> answer)
    {
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var question = JsonSerializer.Deserialize<PeerQuestion>(line, JsonSerializerOptions.Web)!;
            Console.WriteLine(JsonSerializer.Serialize(await AnswerAsync(question, answer), JsonSerializerOptions.Web));
        }
    }

    /// <summary>A peer that refuses is a line of the table, and not the end of the others.</summary>
    private static async Task<PeerAnswer> AnswerAsync(PeerQuestion question, Func<PeerQuestion, Task<int[][]>> answer)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var tokens = await answer(question);
            return new PeerAnswer(Stopwatch.GetElapsedTime(started).TotalSeconds, GenerationSpeed.Status("VmHWM"), tokens);
        }
#pragma warning disable CA1031 // whatever it is, it is said
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new PeerAnswer(0, 0, [], $"{e.GetType().Name}: {e.Message}");
        }
    }
}
