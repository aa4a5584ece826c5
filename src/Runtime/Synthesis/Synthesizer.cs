using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Runtime;

/// <summary>Makes (sent0, sent1, hard_neg) triplets: for every anchor one positive and one hard negative, each by its adapter.</summary>
/// <remarks>
/// Method: "Bootstrapping Embeddings for Low Resource Languages" (arXiv 2603.01732). Rows are known by their id, so equal anchors are kept.
/// The generator stays the caller's. One synthesis at a time for one generator.
/// </remarks>
public sealed class Synthesizer(ITextGenerator generator)
{
    // Enough rows to sort by length and to change adapters rarely; few enough that finished rows never wait long for earlier ones.
    private const int BatchesPerWindow = 16;

    /// <summary>Exactly one result for every anchor, each as soon as both of its answers are in: not in the order of the anchors.</summary>
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
        int size = BatchesPerWindow * Math.Max(1, generator.PreferredBatchSize);
        var window = new SynthesisWindow(options);
        await foreach (var anchor in anchors.WithCancellation(cancellationToken))
        {
            if (TripletChecks.Check(anchor) is { } rejection)
            {
                yield return Rejected(anchor, rejection);
                continue;
            }

            window.Add(anchor);
            if (window.Count < size)
                continue;
            await foreach (var result in RunAsync(window, cancellationToken))
                yield return result;
            window = new SynthesisWindow(options);
        }

        await foreach (var result in RunAsync(window, cancellationToken))
            yield return result;
    }

    private async IAsyncEnumerable<SynthesisResult> RunAsync(
        SynthesisWindow window, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (window.Count == 0)
            yield break;
        cancellationToken.ThrowIfCancellationRequested();
        await foreach (var generated in generator.GenerateAsync(window.Requests, cancellationToken))
            if (window.Accept(generated) is { } result)
                yield return result;
        foreach (var anchor in window.Unanswered)
            yield return Rejected(anchor, new Rejection(RejectionReason.Failed, "The generator ended without an answer to this row."));
    }

    private static SynthesisResult Rejected(Anchor anchor, Rejection rejection) =>
        new() { RowId = anchor.RowId, Sent0 = anchor.Sent0, Rejected = rejection };
}
