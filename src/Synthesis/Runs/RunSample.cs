using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>Generates part of a run's answers once more and compares them.</summary>
internal sealed class RunSample(RunSource source, SynthesisOptions options)
{
    private const int ShownDifferences = 10;

    private readonly SynthesisOptions _options = options with { Sampling = options.Sampling ?? source.DefaultSampling };

    /// <param name="Language">Of the row; null where rows have none.</param>
    /// <param name="Recorded">As it is in the outputs.</param>
    private sealed record RecordedAnswer(string Id, RowKey Key, int Sample, SynthesisSide Side, string Anchor, string? Language,
        string Recorded, int Attempt, string Context);

    /// <param name="share">Of the triplets, above 0, up to 1; which ones follows from their ids.</param>
    public async Task<RunSampleReport> CompareAsync(string folder, double share, CancellationToken cancellationToken)
    {
        var outcome = RunManifest.Read(Path.Combine(folder, RunManifest.FileName)).Outcome
            ?? throw new InvalidDataException($"The run in {folder} is not complete; run the command that began it again, then verify.");
        var (answers, equal) = (0L, 0L);
        List<RunSampleDifference> differences = [];
        HashSet<string> contexts = [];
        var window = new List<RecordedAnswer>();
        async Task Flush()
        {
            await foreach (var (answer, now) in GenerateAsync(window, cancellationToken).ConfigureAwait(false))
            {
                answers++;
                contexts.Add(answer.Context);
                if (now == answer.Recorded)
                    equal++;
                else if (differences.Count < ShownDifferences)
                    differences.Add(new RunSampleDifference(answer.Id, answer.Side, answer.Anchor, answer.Recorded, now));
            }
            window.Clear();
        }
        foreach (var answer in Read(folder, share))
        {
            window.Add(answer);
            if (window.Count >= 16 * Math.Max(1, source.Generator.PreferredBatchSize))
                await Flush().ConfigureAwait(false);
        }
        await Flush().ConfigureAwait(false);
        return new RunSampleReport
        {
            Answers = answers,
            Equal = equal,
            Differences = differences,
            Circumstances = [.. contexts.SelectMany(c => Differences(outcome.Contexts[c])).Distinct().Order(StringComparer.Ordinal)],
        };
    }

    /// <summary>The ids of a run's triplets, in their order.</summary>
    public static IEnumerable<string> Ids(string folder)
    {
        foreach (var line in File.ReadLines(Path.Combine(folder, RunFolder.Receipts)))
        {
            using var receipt = JsonDocument.Parse(line);
            yield return receipt.RootElement.GetProperty("id").GetString()!;
        }
    }

    private static IEnumerable<RecordedAnswer> Read(string folder, double share)
    {
        using var triplets = new StreamReader(Path.Combine(folder, RunFolder.TripletLines), Encoding.UTF8);
        using var receipts = new StreamReader(Path.Combine(folder, RunFolder.Receipts), Encoding.UTF8);
        while (triplets.ReadLine() is { } tripletLine && receipts.ReadLine() is { } receiptLine)
        {
            using var receipt = JsonDocument.Parse(receiptLine);
            var id = receipt.RootElement.GetProperty("id").GetString()!;
            var key = OutputRow.KeyOf(id);
            if ((ulong)(key.Value >> 64) > share * ulong.MaxValue)
                continue;
            using var triplet = JsonDocument.Parse(tripletLine);
            foreach (var side in TripletColumns.Sides)
            {
                if (!receipt.RootElement.TryGetProperty(TripletColumns.Of(side), out var facts))
                    continue;
                yield return new RecordedAnswer(id, key, receipt.RootElement.GetProperty("sample").GetInt32(), side,
                    triplet.RootElement.GetProperty("sent0").GetString()!,
                    receipt.RootElement.TryGetProperty(TripletColumns.Language, out var language) ? language.GetString() : null,
                    triplet.RootElement.GetProperty(TripletColumns.Of(side)).GetString()!,
                    facts.GetProperty("attempt").GetInt32(), facts.GetProperty("context").GetString()!);
            }
        }
    }

    private async IAsyncEnumerable<(RecordedAnswer Answer, string Now)> GenerateAsync(
        List<RecordedAnswer> window, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (window.Count == 0)
            yield break;
        var filters = new LanguageFilters(_options);
        var byRequest = window.ToDictionary(a => a.Key.RequestId(a.Side, a.Sample));
        var requests = byRequest.Select(a => AnswerRequest.For(_options, a.Value.Key, a.Value.Side, a.Value.Sample, a.Value.Attempt,
            a.Value.Anchor, a.Value.Language))
            .ToArray();
        await foreach (var generated in source.Generator.GenerateAsync(requests, cancellationToken).ConfigureAwait(false))
        {
            var answer = byRequest[generated.RowId];
            var prompt = AnswerRequest.Prompt(_options, answer.Key, answer.Side, answer.Sample, answer.Anchor, answer.Language);
            var verdict = filters.Of(answer.Language).Check(new AnswerToCheck(
                answer.Side, answer.Anchor, prompt, generated.Text, generated.FinishReason, generated.TokenCount));
            yield return (answer, generated.Error ?? verdict.Text);
        }
    }

    private IEnumerable<string> Differences(SortedDictionary<string, string> recorded)
    {
        var side = TripletColumns.Side(recorded.GetValueOrDefault("side"));
        return RunIdentity.Differences(recorded, RunIdentity.Context(source, _options, side, RunIdentity.AdapterOf(recorded)));
    }
}
