using System.Collections.Concurrent;

namespace XlLoraOnnx.Synthesis;

/// <summary>
/// Rows through a generator: both sentences of many rows in one call, the next call under way before the last rows of this one are done,
/// every answer through the filters, and again what they refuse or what fails.
/// </summary>
/// <param name="rowsAtATime">Most that go into one call; null for as many as are best for the generator.</param>
internal sealed class AnswerPump(ITextGenerator generator, SynthesisOptions options, long? rowsAtATime = null)
{
    // Enough rows to sort by length and to change adapters rarely; few enough that finished rows never wait long for earlier ones.
    private const int BatchesPerWindow = 16;

    // While the last rows of one window end, those of the next take their places.
    private const int WindowsAtATime = 2;

    private readonly LanguageFilters _filters = new(options);
    private readonly ConcurrentQueue<Sentence> _again = [];
    private readonly List<Task> _running = [];
    private readonly int _size = options.Sides.Length * (int)Math.Min(
        Math.Max(1L, rowsAtATime ?? long.MaxValue), BatchesPerWindow * Math.Max(1L, generator.PreferredBatchSize));
    private readonly List<Sentence> _pending = [];

    /// <summary>Windows that have ended, to be used again: they are large, and a run has thousands.</summary>
    private readonly ConcurrentQueue<Dictionary<long, AskedSentence>> _free = [];
    private bool _isWaiting;

    private readonly record struct Sentence(RowWork Row, SynthesisSide Side);

    private readonly record struct AskedSentence(Sentence Sentence, string Prompt, string? Adapter);

    /// <param name="rows">Null for: more may come, but not soon.</param>
    /// <param name="sink">Told of everything before the next window begins.</param>
    /// <param name="finish">No new rows, and no new attempts; what runs is waited for.</param>
    /// <param name="cancellationToken">What runs is given up.</param>
    public async Task RunAsync(
        IAsyncEnumerable<RowWork?> rows, IAnswerSink sink, CancellationToken finish, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var source = rows.GetAsyncEnumerator(stop.Token);
            await using (source.ConfigureAwait(false))
            {
                while (await NextAsync(source, sink, stop).ConfigureAwait(false) && !finish.IsCancellationRequested)
                {
                    if (source.Current is { } row)
                        Add(row);
                    _isWaiting = source.Current is null;
                    if (_pending.Count >= _size)
                        await LaunchAsync(sink, stop.Token).ConfigureAwait(false);
                }
            }
            while (!finish.IsCancellationRequested && (_pending.Count > 0 || !_again.IsEmpty || _running.Count > 0))
            {
                await LaunchAsync(sink, stop.Token).ConfigureAwait(false);
                await OneEndsAsync().ConfigureAwait(false);
            }
            while (_running.Count > 0)
                await OneEndsAsync().ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            // the first failure is the one to tell of
            await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    /// <summary>The next row; while there is none for some time, what is left to do is done.</summary>
    private async Task<bool> NextAsync(IAsyncEnumerator<RowWork?> source, IAnswerSink sink, CancellationTokenSource stop)
    {
        var next = source.MoveNextAsync().AsTask();
        try
        {
            while (_isWaiting && !next.IsCompleted)
            {
                await LaunchAsync(sink, stop.Token).ConfigureAwait(false);
                var first = await Task.WhenAny([next, .. _running]).ConfigureAwait(false);
                if (first != next)
                    await OneEndsAsync().ConfigureAwait(false);
            }
        }
        catch
        {
            // an enumerator cannot be disposed while it looks for the next
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        return await next.ConfigureAwait(false);
    }

    private void Add(RowWork row)
    {
        foreach (var side in options.Sides)
        {
            if (row[side]!.Status == SentenceStatus.Open)
                _pending.Add(new Sentence(row, side));
        }
    }

    private async Task LaunchAsync(IAnswerSink sink, CancellationToken cancellationToken)
    {
        while (_again.TryDequeue(out var again))
            _pending.Add(again);
        if (_pending.Count == 0)
            return;
        while (_running.Count >= WindowsAtATime)
            await OneEndsAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (!_free.TryDequeue(out var window))
            window = new(_pending.Count);
        List<GenerationRequest> requests = new(_pending.Count);
        List<Sentence> later = [];
        foreach (var sentence in _pending)
        {
            var request = Request(sentence);
            if (window.TryAdd(request.RowId, new AskedSentence(sentence, request.UserMessage ?? "", request.Adapter)))
                requests.Add(request);
            else
                later.Add(sentence);
        }
        _pending.Clear();
        _pending.AddRange(later);
        _running.Add(Task.Run(() => RunAsync(window, requests, sink, cancellationToken), CancellationToken.None));
    }

    private async Task OneEndsAsync()
    {
        if (_running.Count == 0)
            return;
        var ended = await Task.WhenAny(_running).ConfigureAwait(false);
        _running.Remove(ended);
        await ended.ConfigureAwait(false);
    }

    private async Task RunAsync(
        Dictionary<long, AskedSentence> window, List<GenerationRequest> requests, IAnswerSink sink, CancellationToken cancellationToken)
    {
        var results = generator.GenerateAsync(requests, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (results.ConfigureAwait(false))
        {
            while (true)
            {
                var next = results.MoveNextAsync();
                // what one step has brought is made safe together
                if (!next.IsCompleted)
                    await sink.PauseAsync().ConfigureAwait(false);
                if (!await next.ConfigureAwait(false))
                    break;
                var generated = results.Current;
                if (!window.Remove(generated.RowId, out var asked))
                    throw new InvalidOperationException(
                        $"The generator answered request {generated.RowId}, which was not asked or has been answered; "
                        + "it must give one result for each request.");
                await TakeAsync(asked, generated, sink).ConfigureAwait(false);
            }
        }
        foreach (var (id, asked) in window)
        {
            var nothing = GenerationResult.Rejected(id, asked.Adapter, RejectionKind.Failed, promptTokens: 0,
                "The generator ended without an answer to this row.");
            await TakeAsync(asked, nothing, sink).ConfigureAwait(false);
        }
        window.Clear();
        _free.Enqueue(window);
        await sink.PauseAsync().ConfigureAwait(false);
    }

    private async ValueTask TakeAsync(AskedSentence asked, GenerationResult generated, IAnswerSink sink)
    {
        var sentence = asked.Sentence;
        var (row, side) = sentence;
        var work = row[side]!;
        if (generated.RejectionKind == RejectionKind.Failed && ++work.Failures < options.MaxFailures)
        {
            _again.Enqueue(sentence);
            return;
        }
        var verdict = Judge(asked, generated);
        List<Sentence>? again = null;
        bool settled;
        lock (row)
        {
            var answers = row.Take(side, generated, verdict, _filters.Of(row.Language));
            foreach (var answer in answers)
                if (row[answer.Side]!.Status == SentenceStatus.Open)
                    (again ??= []).Add(new Sentence(row, answer.Side));
            settled = row.IsSettled;
            // before anybody can hear that the row is settled
            sink.Answered(row, answers);
        }
        if (settled)
            await sink.SettledAsync(row).ConfigureAwait(false);
        foreach (var open in again ?? [])
            _again.Enqueue(open);
    }

    private AnswerVerdict Judge(AskedSentence asked, GenerationResult generated)
    {
        var sentence = asked.Sentence;
        if (options.Strategy is TranslationStrategy translation)
            return translation.Verdict(sentence.Row.Sample, generated);
        if (generated.FinishReason != FinishReason.Rejected)
            return _filters.Of(sentence.Row.Language).Check(new AnswerToCheck(sentence.Side, sentence.Row.Anchor, asked.Prompt,
                generated.Text, generated.FinishReason, generated.TokenCount));
        var column = TripletColumns.Of(sentence.Side);
        var why = generated.Error ?? "the generator gave no reason.";
        return new AnswerVerdict("", [], new Rejection(
            RejectionReasons.Of(generated.RejectionKind), $"{column} was not generated: {why}", sentence.Side));
    }

    private GenerationRequest Request(Sentence sentence) => AnswerRequest.For(options, sentence.Row.Key, sentence.Side, sentence.Row.Sample,
        sentence.Row[sentence.Side]!.Attempt, sentence.Row.Anchor, sentence.Row.Language);
}
