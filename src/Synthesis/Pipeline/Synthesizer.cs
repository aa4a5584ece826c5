using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace XlLoraOnnx.Synthesis;

/// <summary>Makes (sent0, sent1, hard_neg) triplets: for every anchor one positive and one hard negative, each by its adapter.</summary>
/// <remarks>
/// Method: "Bootstrapping Embeddings for Low Resource Languages" (arXiv 2603.01732). Equal anchors are kept.
/// What a row draws depends on its text and on how often that text came before, and not on its place. The generator stays the caller's.
/// Nothing is written anywhere; for files, and for runs that must survive everything, there is <see cref="SynthesisJob"/>.
/// </remarks>
public sealed class Synthesizer(ITextGenerator generator)
{
    /// <summary>Exactly one result for every anchor and sample, each as soon as it is decided: not in the order of the anchors.</summary>
    /// <exception cref="ArgumentException">An option is wrong or names an adapter that is not there; nothing has run.</exception>
    public IAsyncEnumerable<SynthesisResult> SynthesizeAsync(
        IAsyncEnumerable<Anchor> anchors, SynthesisOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(anchors);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(generator.Adapters);
        return RunAsync(anchors, options, cancellationToken);
    }

    private async IAsyncEnumerable<SynthesisResult> RunAsync(
        IAsyncEnumerable<Anchor> anchors, SynthesisOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sink = new ResultChannel(Math.Max(1, generator.PreferredBatchSize), stop.Token);
        var running = RunAsync(anchors, options, sink, stop.Token);
        try
        {
            await foreach (var result in sink.Results.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return result;
            }
            cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            // leaving the loop early ends the rows, and waits for it
            await stop.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunAsync(
        IAsyncEnumerable<Anchor> anchors, SynthesisOptions options, ResultChannel sink, CancellationToken cancellationToken)
    {
        try
        {
            await new AnswerPump(generator, options)
                .RunAsync(RowsAsync(anchors, options, sink, cancellationToken), sink, finish: default, cancellationToken)
                .ConfigureAwait(false);
            sink.Complete(null);
        }
#pragma warning disable CA1031 // the reader of the channel gets it, whatever it is
        catch (Exception e)
#pragma warning restore CA1031
        {
            sink.Complete(e);
        }
    }

    private static async IAsyncEnumerable<RowWork?> RowsAsync(
        IAsyncEnumerable<Anchor> anchors, SynthesisOptions options, ResultChannel sink,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var occurrences = new AnchorOccurrences();
        await foreach (var anchor in anchors.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var key = occurrences.Next(anchor.Sent0, anchor.Language, out var occurrence);
            var keyed = new KeyedAnchor(anchor.RowId, key, occurrence, anchor.Sent0, anchor.Language);
            for (var sample = 0; sample < options.Samples; sample++)
            {
                var row = new RowWork(keyed, sample, options);
                if (AnchorCheck.Refuse(anchor.Sent0) is { } rejection)
                    await sink.WriteAsync(row.Result() with { Rejected = rejection }).ConfigureAwait(false);
                else
                    yield return row;
            }
        }
    }

    private sealed class ResultChannel(int capacity, CancellationToken cancellationToken) : IAnswerSink
    {
        // a reader who is slow makes the generator wait, and not the memory grow
        private readonly Channel<SynthesisResult> _results = Channel.CreateBounded<SynthesisResult>(capacity);

        public ChannelReader<SynthesisResult> Results => _results.Reader;

        public void Answered(RowWork row, IReadOnlyList<SettledAnswer> answers)
        {
            // only whole rows are of interest here
        }

        // nothing is held back
        public ValueTask PauseAsync() => default;

        public ValueTask SettledAsync(RowWork row) => WriteAsync(row.Result());

        public ValueTask WriteAsync(SynthesisResult result) => _results.Writer.WriteAsync(result, cancellationToken);

        public void Complete(Exception? error) => _results.Writer.Complete(error);
    }
}
