namespace XlLoraOnnx.Runtime;

/// <summary>A file of anchors to a file of triplets.</summary>
public static class SynthesisJob
{
    private const int ShownTriplets = 10;
    private const int ShownRejections = 5;

    /// <summary>Reads anchors, synthesizes, and writes <c>sent0,sent1,hard_neg</c> in the order of the anchors.</summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="input">File of anchors, see <see cref="AnchorReader"/>. It is read twice: once to check and count it.</param>
    /// <param name="output">CSV file. It appears under this name when the job is done, in place of an older one; until then rows are in
    /// <paramref name="output"/><c>.partial</c>, which stays if the job does not end.</param>
    /// <param name="options">Adapters, prompts, sampling.</param>
    /// <param name="limit">Only the first rows of the input; null for all.</param>
    /// <param name="truth">Judges the triplets of a closed world.</param>
    /// <param name="progress">Told after every row.</param>
    /// <param name="cancellationToken">Ends the job; what is done is kept.</param>
    /// <exception cref="SynthesisInterruptedException">The job was cancelled; says where the finished triplets are.</exception>
    /// <exception cref="InvalidDataException">The input is malformed, or an adapter cannot be mounted.</exception>
    /// <exception cref="IOException">The output cannot be written, because the disk is full, for example.</exception>
    public static async Task<SynthesisReport> RunAsync(
        XlLoraModel model, string input, string output, SynthesisOptions options, long? limit = null, GroundTruth? truth = null,
        IProgress<SynthesisProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (limit is < 1)
            throw new ArgumentOutOfRangeException(nameof(limit), limit, $"The limit is {limit}; it must be at least 1 row.");
        var total = await CountAsync(Anchors(input, limit, cancellationToken), cancellationToken).ConfigureAwait(false);
        var before = model.Statistics;
        var summary = new SynthesisSummary();
        var shown = new SortedDictionary<long, SynthesisResult>();
        var rejected = new SortedDictionary<long, SynthesisResult>();
        var judged = new List<SynthesisResult>();
        using var writer = new TripletWriter(output);
        try
        {
            var results = model.SynthesizeAsync(Anchors(input, limit, cancellationToken), options, cancellationToken);
            await foreach (var result in results.ConfigureAwait(false))
            {
                writer.Add(result);
                summary.Add(result);
                if (truth is not null)
                    judged.Add(result);
                Show(result, total, shown, rejected);
                progress?.Report(Progress(summary, total, model.Statistics, before));
            }
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (OperationCanceledException e)
        {
            writer.Dispose();
            throw new SynthesisInterruptedException(writer.PartialPath, writer.TripletsWritten, summary.Rows, total, e);
        }
        writer.Complete();
        return new SynthesisReport
        {
            Output = output,
            Rows = summary.Rows,
            Triplets = summary.Triplets,
            Rejected = summary.Rejected,
            RejectedRows = [.. rejected.Values],
            Examples = [.. shown.Values],
            Elapsed = summary.Elapsed,
            Engine = model.Engine,
            MemoryPlans = model.MemoryPlans,
            Statistics = model.Statistics.Since(before),
            Truth = truth?.Report(judged),
        };
    }

    private static IAsyncEnumerable<Anchor> Anchors(string input, long? limit, CancellationToken cancellationToken)
    {
        var anchors = AnchorReader.ReadAsync(input, cancellationToken);
        return limit is { } rows ? anchors.TakeWhile(a => a.RowId < rows) : anchors;
    }

    /// <summary>A mistake in the last row of a long file should not cost a night.</summary>
    private static async Task<long> CountAsync(IAsyncEnumerable<Anchor> anchors, CancellationToken cancellationToken) =>
        await anchors.LongCountAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Triplets from all over the file, so that a file sorted by language shows them all; and the first rejected rows.</summary>
    private static void Show(
        SynthesisResult result, long total, SortedDictionary<long, SynthesisResult> shown, SortedDictionary<long, SynthesisResult> rejected)
    {
        if (result.IsTriplet)
        {
            var part = result.RowId * ShownTriplets / total;
            if (!shown.TryGetValue(part, out var first) || result.RowId < first.RowId)
                shown[part] = result;
            return;
        }
        rejected[result.RowId] = result;
        if (rejected.Count > ShownRejections)
            rejected.Remove(rejected.Keys.Last());
    }

    private static SynthesisProgress Progress(SynthesisSummary summary, long total, GenerationStatistics now, GenerationStatistics before)
    {
        var seconds = Math.Max(summary.Elapsed.TotalSeconds, 1e-6);
        var rate = summary.Rows / seconds;
        return new SynthesisProgress
        {
            Rows = summary.Rows,
            TotalRows = total,
            Triplets = summary.Triplets,
            Elapsed = summary.Elapsed,
            RowsPerSecond = rate,
            TokensPerSecond = now.Since(before).GeneratedTokens / seconds,
            TimeLeft = TimeSpan.FromSeconds((total - summary.Rows) / rate),
        };
    }
}
