using System.Text.Json.Nodes;

namespace XlLoraOnnx.GpuCheck;

/// <summary>
/// Short ragged rows of several adapters through 1, 3 and 32 slots: a row gives the same answer however many run beside it, unless two
/// tokens of it were so near that rounding decides.
/// </summary>
internal static class RefillCheck
{
    private static readonly int[] Slots = [1, 3, 32];

    public static JsonObject Run(CheckOptions options, GoldenModel model)
    {
        var requests = Requests(model, options.Quick ? 60 : 200);
        var answers = Slots.Select(slots => Answers(options, model, requests, slots)).ToArray();
        var different = requests.Where(r => answers.Any(a => a[r.RowId] != answers[0][r.RowId])).ToArray();
        using var run = new DecoderRun(model.Folder, options, model.Adapters, slots: 1, capacity: 128);
        var adapters = model.Adapters.ToList();
        var leads = different.Select(r => run.Alone(
            [.. r.PromptTokens!], r.Adapter is null ? -1 : adapters.IndexOf(r.Adapter), r.MaxNewTokens).LeastLead).ToArray();
        var unexplained = leads.Count(lead => lead > 2 * options.Tolerance);
        return new JsonObject
        {
            ["pass"] = unexplained == 0,
            ["rows"] = requests.Length,
            ["differing_rows"] = different.Length,
            ["differing_share"] = (double)different.Length / requests.Length,
            ["differing_without_near_tie"] = unexplained,
            ["empty_answers"] = requests.Count(r => answers[0][r.RowId].Length == 0),
        };
    }

    private static GenerationRequest[] Requests(GoldenModel model, int count)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(i => new GenerationRequest
        {
            RowId = i,
            PromptTokens = [.. Enumerable.Range(0, random.Next(3, 40)).Select(_ => random.Next(5, model.Vocabulary - 10))],
            Adapter = (i % (model.Adapters.Count + 1)) is var lane && lane == 0 ? null : model.Adapters[lane - 1],
            MaxNewTokens = random.Next(4, 24),
            Sampling = SamplingOptions.Greedy,
            IgnoreStopTokens = true,
        })];
    }

    private static Dictionary<long, string> Answers(CheckOptions options, GoldenModel model, GenerationRequest[] requests, int slots)
    {
        using var loaded = XlLoraModel.Load(model.Folder.FullPath, new XlLoraModelOptions
        {
            Engine = TextEngine.Continuous,
            Devices = [options.Device.ToString()],
            Slots = slots,
            Canary = false,
        });
        var results = Measured.Within(TimeSpan.FromMinutes(2), stop => loaded.GenerateAsync(requests, stop));
        if (Array.Find(results, r => r.FinishReason == FinishReason.Rejected) is { } rejected)
            throw new InvalidOperationException($"Row {rejected.RowId} with {slots} slots was rejected: {rejected.Error}");
        return results.ToDictionary(r => r.RowId, r => r.Text);
    }
}
