using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;

namespace XlLoraOnnx.Synthesis;

/// <summary>The outputs of a run that is done: from its input and its journals, the same ones whoever makes them and however
/// often.</summary>
internal sealed class RunOutputs(
    RunFolder folder, RunInputs inputs, RunJournals journals, RunSource source, SynthesisOptions options, SynthesisJobOptions job)
{
    private const int BatchRows = 1024;
    private const int BlockRows = 128;
    private const int ShownRejections = 5;
    private const int ShownTriplets = 10;

    private readonly OutputLines[] _blocks = [.. Enumerable.Range(0, BatchRows / BlockRows).Select(_ => new OutputLines())];
    private readonly Dictionary<(int File, int Number), string> _contextNames = [];
    private readonly SortedDictionary<string, SortedDictionary<string, string>> _contexts = new(StringComparer.Ordinal);

    /// <summary>The first few rejected rows.</summary>
    public List<SynthesisResult> FirstRejected { get; } = [];

    /// <summary>Triplets from all over the input, so that a file sorted by language shows them all.</summary>
    public List<SynthesisResult> Examples { get; } = [];

    /// <summary>How many triplets are right; null where there is no ground truth.</summary>
    public GroundTruthReport? Truth { get; private set; }

    /// <summary>Writes all outputs beside the old ones, then gives them their names, then describes them in run.json.</summary>
    /// <exception cref="InvalidDataException">A row has no answer, although its shard is done.</exception>
    /// <exception cref="IOException">A file cannot be written; those that were there before stay.</exception>
    public async Task<RunManifest> WriteAsync(RunManifest manifest, CancellationToken cancellationToken)
    {
        var records = journals.Records;
        var report = new RunReportBuilder(manifest, source, options, job);
        using var files = new OutputFiles(folder, options);
        var checks = new WholeRunChecks(job, manifest.Input.RowsOf(job));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var batches = Channel.CreateBounded<OutputRow[]>(2);
        var reading = ReadAsync(batches.Writer, manifest.Input.DistinctAnchors, stop.Token);
        var writing = Task.CompletedTask;
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                await checks.JudgeAsync(batch, cancellationToken).ConfigureAwait(false);
                checks.Check(batch);
                // the next rows are checked while these are written, each in their order
                await writing.ConfigureAwait(false);
                writing = Task.Run(() => Write(batch, manifest, files, report), CancellationToken.None);
            }
            await writing.ConfigureAwait(false);
            await reading.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var block in _blocks)
                block.Dispose();
        }
        Truth = report.Truth;
        var data = report.Build(journals.Totals, checks);
        files.Write(RunFolder.Card, Encoding.UTF8.GetBytes(DatasetCard.Render(data)));
        await files.WriteReportAsync(data, cancellationToken).ConfigureAwait(false);
        var written = manifest with { Outcome = files.Publish(report, records, _contexts) };
        RunFiles.Replace(folder.Manifest, written.ToBytes(), durable: true);
        return written;
    }

    private void Write(OutputRow[] batch, RunManifest manifest, OutputFiles files, RunReportBuilder report)
    {
        var languages = new LanguageGuess[batch.Length];
        Parallel.For(0, _blocks.Length, block =>
        {
            _blocks[block].Clear();
            for (var i = block * BlockRows; i < Math.Min(batch.Length, (block + 1) * BlockRows); i++)
            {
                languages[i] = LanguageIdentifier.Identify(batch[i].Anchor.Text);
                _blocks[block].Add(batch[i]);
            }
        });
        foreach (var block in _blocks)
            files.Write(block);
        for (var i = 0; i < batch.Length; i++)
        {
            report.Add(batch[i], languages[i]);
            Show(batch[i], manifest.Input.Rows);
        }
    }

    private void Show(OutputRow row, long rows)
    {
        if (row.Rejected is not null)
        {
            if (FirstRejected.Count < ShownRejections)
                FirstRejected.Add(row.Result());
        }
        // the first of each tenth
        else if (row.Anchor.Row * ShownTriplets / rows > (Examples.Count == 0 ? -1 : Examples[^1].RowId * ShownTriplets / rows))
        {
            Examples.Add(row.Result());
        }
    }

    private async Task ReadAsync(ChannelWriter<OutputRow[]> batches, long distinct, CancellationToken cancellationToken)
    {
        try
        {
            // on a thread of its own: what reads files waits for none of the others
            await Task.Run(async () =>
            {
                var batch = new List<OutputRow>(BatchRows);
                await foreach (var row in RowsAsync(distinct, cancellationToken).ConfigureAwait(false))
                {
                    batch.Add(row);
                    if (batch.Count < BatchRows)
                        continue;
                    await batches.WriteAsync([.. batch], cancellationToken).ConfigureAwait(false);
                    batch.Clear();
                }
                if (batch.Count > 0)
                    await batches.WriteAsync([.. batch], cancellationToken).ConfigureAwait(false);
            }, cancellationToken).ConfigureAwait(false);
            batches.Complete();
        }
#pragma warning disable CA1031 // the reader of the channel gets it, whatever it is
        catch (Exception e)
#pragma warning restore CA1031
        {
            batches.Complete(e);
        }
    }

    private async IAsyncEnumerable<OutputRow> RowsAsync(long distinct, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var anchor in inputs.ReadAsync(new AnchorOccurrences(distinct), cancellationToken).ConfigureAwait(false))
        {
            if (job.Dedupe && anchor.Occurrence > 0)
                continue;
            for (var sample = 0; sample < options.Samples; sample++)
                yield return Row(anchor, sample);
        }
    }

    private OutputRow Row(KeyedAnchor anchor, int sample)
    {
        if (AnchorCheck.Refuse(anchor.Text) is { } refused)
            return new OutputRow(anchor, sample) { Rejected = refused };
        var positive = options.Only == SynthesisSide.Negative ? null : Answer(anchor, sample, SynthesisSide.Positive);
        var negative = options.Only == SynthesisSide.Positive ? null : Answer(anchor, sample, SynthesisSide.Negative);
        return new OutputRow(anchor, sample)
        {
            Positive = positive,
            Negative = negative,
            Rejected = RejectionOf(positive) ?? RejectionOf(negative),
        };
    }

    private OutputAnswer Answer(KeyedAnchor anchor, int sample, SynthesisSide side)
    {
        if (journals.Find(anchor.Key, sample, side) is not { Status: not SentenceStatus.Open } place)
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"Row {anchor.Row} of {inputs.Path} has no {RunIdentity.Column(side)} in the journals of {folder.FullPath}, although ")
                + $"its shard is marked as done. Delete {folder.Leases} and run the same command again: it makes what is missing.");
        var answer = journals.Read(place);
        return new OutputAnswer(answer, ContextName(place.File, answer.Context));
    }

    private static Rejection? RejectionOf(OutputAnswer? answer) =>
        answer?.Answer is { Reason: { } reason } rejected ? new Rejection(reason, rejected.Detail ?? "", rejected.Side) : null;

    private string ContextName(int file, int number)
    {
        if (_contextNames.TryGetValue((file, number), out var name))
            return name;
        var facts = new SortedDictionary<string, string>(
            journals.Context(file, number).ToDictionary(f => f.Key, f => f.Value), StringComparer.Ordinal);
        name = RunIdentity.NameOf(facts);
        _contexts.TryAdd(name, facts);
        _contextNames.Add((file, number), name);
        return name;
    }
}
