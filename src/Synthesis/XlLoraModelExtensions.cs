namespace XlLoraOnnx.Synthesis;

/// <summary>Triplets from a loaded model, in one's own code; for files, and for runs that lose nothing, see <see
/// cref="SynthesisJob"/>.</summary>
public static class XlLoraModelExtensions
{
    /// <summary>Anchors to triplets; one result for every anchor, as they finish.</summary>
    /// <inheritdoc cref="SynthesizeAsync(XlLoraModel, IAsyncEnumerable{Anchor}, SynthesisOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<SynthesisResult> SynthesizeAsync(
        this XlLoraModel model, IEnumerable<string> anchors, SynthesisOptions? options = null,
        CancellationToken cancellationToken = default) =>
        model.SynthesizeAsync(anchors.Select((text, row) => new Anchor(row, text)).ToAsyncEnumerable(), options, cancellationToken);

    /// <summary>Anchors to triplets; one result for every anchor, as they finish.</summary>
    /// <exception cref="ArgumentException">The options name an adapter that the folder does not have.</exception>
    /// <exception cref="InvalidDataException">An adapter file was changed, belongs to another base, or does nothing.</exception>
    public static IAsyncEnumerable<SynthesisResult> SynthesizeAsync(
        this XlLoraModel model, IAsyncEnumerable<Anchor> anchors, SynthesisOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(anchors);
        return new Synthesizer(model.Generator).SynthesizeAsync(anchors, options ?? new SynthesisOptions(), cancellationToken);
    }
}
