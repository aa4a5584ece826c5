using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace XlLoraOnnx.Synthesis;

/// <summary>The decided rows of a run in the order of its input, each judged beside all before it: the same ones whoever makes them and
/// however often.</summary>
/// <param name="expected">The input as it was when the run began.</param>
/// <param name="folder">For messages; null where the run has none.</param>
internal sealed class DecidedRows(
    RunInputs inputs, RunInput expected, RunAnswers answers, RunFolder? folder, SynthesisOptions options,
    SynthesisJobOptions job)
{
    private const int BatchRows = 1024;

    private readonly Dictionary<(int Part, int Number), (string Name, string? Adapter)> _made = [];

    /// <summary>Most rows of a batch.</summary>
    public static int MaxRows => BatchRows;

    /// <summary>Answers and retries that the rows are made of.</summary>
    public long Records { get; } = answers.Records;

    /// <summary>What was seen of all rows together, as far as they were given.</summary>
    public WholeRunChecks Checks { get; } = new(job, expected.RowsOf(job));

    /// <summary>What answers were made with, by the names that receipts use.</summary>
    public SortedDictionary<string, SortedDictionary<string, string>> Contexts { get; } = new(StringComparer.Ordinal);

    /// <exception cref="MissingAnswersException">A row has not all its answers.</exception>
    /// <exception cref="InvalidDataException">The input was changed.</exception>
    public async IAsyncEnumerable<OutputRow[]> BatchesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var batches = Channel.CreateBounded<OutputRow[]>(2);
        // on a thread of its own: what reads files waits for none of the others
        var reading = Task.Run(() => ReadAsync(batches.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                await Checks.JudgeAsync(batch, cancellationToken).ConfigureAwait(false);
                // the same words may translate many texts
                if (options.Strategy is not TranslationStrategy)
                    Checks.Check(batch);
                yield return batch;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(ChannelWriter<OutputRow[]> batches, CancellationToken cancellationToken)
    {
        try
        {
            var batch = new List<OutputRow>(BatchRows);
            await foreach (var row in RowsAsync(cancellationToken).ConfigureAwait(false))
            {
                batch.Add(row);
                if (batch.Count < BatchRows)
                    continue;
                await batches.WriteAsync([.. batch], cancellationToken).ConfigureAwait(false);
                batch.Clear();
            }
            if (batch.Count > 0)
                await batches.WriteAsync([.. batch], cancellationToken).ConfigureAwait(false);
            batches.Complete();
        }
#pragma warning disable CA1031 // the reader of the channel gets it, whatever it is
        catch (Exception e)
#pragma warning restore CA1031
        {
            batches.Complete(e);
        }
    }

    private async IAsyncEnumerable<OutputRow> RowsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var occurrences = new AnchorOccurrences(expected.DistinctAnchors);
        var reading = inputs.Open(hashes: true);
        await using (reading.ConfigureAwait(false))
        {
            await foreach (var anchor in reading.AnchorsAsync(occurrences, cancellationToken).ConfigureAwait(false))
            {
                if (job.Dedupe && anchor.Occurrence > 0)
                    continue;
                for (var sample = 0; sample < options.Samples; sample++)
                {
                    if (await RowAsync(anchor, sample, cancellationToken).ConfigureAwait(false) is not { } row)
                    {
                        // a row that is not the run's has no answers either
                        await CheckUnchangedAsync(reading, cancellationToken).ConfigureAwait(false);
                        throw new MissingAnswersException(anchor.Row, inputs.Path);
                    }
                    yield return row;
                }
            }
            await CheckUnchangedAsync(reading, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CheckUnchangedAsync(InputReading reading, CancellationToken cancellationToken)
    {
        if (await reading.Sha256Async(cancellationToken).ConfigureAwait(false) == expected.Sha256)
            return;
        throw new InvalidDataException($"{inputs.Path} was changed while the run was going on. " + (folder is null ? "Run it again."
            : $"Put the old file back and run the same command again; all answers are kept in {folder.Journals}."));
    }

    /// <returns>Null where an answer is missing.</returns>
    private async ValueTask<OutputRow?> RowAsync(KeyedAnchor anchor, int sample, CancellationToken cancellationToken)
    {
        if (AnchorCheck.Refuse(anchor.Text) is { } refused)
            return new OutputRow(anchor, sample) { Rejected = refused };
        OutputAnswer? positive = null, negative = null;
        foreach (var side in options.Sides)
        {
            if (answers.Find(anchor.Key, sample, side) is not { Status: not SentenceStatus.Open } place)
                return null;
            var answer = await answers.ReadAsync(place, cancellationToken).ConfigureAwait(false);
            var (context, adapter) = await MadeAsync(place, answer.Context, cancellationToken).ConfigureAwait(false);
            var made = new OutputAnswer(answer, context, adapter);
            if (side == SynthesisSide.Positive)
                positive = made;
            else
                negative = made;
        }
        return new OutputRow(anchor, sample)
        {
            Positive = positive,
            Negative = negative,
            Rejected = RejectionOf(positive) ?? RejectionOf(negative),
        };
    }

    private static Rejection? RejectionOf(OutputAnswer? answer) =>
        answer?.Answer is { Reason: { } reason } rejected ? new Rejection(reason, rejected.Detail ?? "", rejected.Side) : null;

    private async ValueTask<(string Context, string? Adapter)> MadeAsync(AnswerPlace place, int number, CancellationToken cancellationToken)
    {
        if (_made.TryGetValue((place.File, number), out var made))
            return made;
        var facts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in await answers.ContextAsync(place, number, cancellationToken).ConfigureAwait(false))
            facts.Add(name, value);
        made = (RunIdentity.NameOf(facts), RunIdentity.AdapterOf(facts));
        Contexts.TryAdd(made.Name, facts);
        _made.Add((place.File, number), made);
        return made;
    }
}
