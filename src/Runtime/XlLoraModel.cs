namespace XlLoraOnnx.Runtime;

/// <summary>A loaded model folder: a frozen base and its LoRA adapters, ready to generate and to synthesize triplets.</summary>
/// <remarks>
/// Owns native memory; dispose it. Members are safe to call from several threads, but calls that generate wait for each other.
/// The folder is what <c>xllora-onnx export</c> or <c>XlLoraOnnx.Exporter.ModelExporter</c> writes.
/// </remarks>
public sealed class XlLoraModel : IDisposable
{
    private readonly GenAiTextGenerator _generator;

    private XlLoraModel(ModelInfo info, GenAiTextGenerator generator)
    {
        Info = info;
        _generator = generator;
    }

    /// <summary>What the folder's manifest says.</summary>
    public ModelInfo Info { get; }

    /// <summary>What generation_config.json of the checkpoint says; used by requests that say nothing.</summary>
    public SamplingOptions DefaultSampling => _generator.DefaultSampling;

    /// <summary>Counted since the model was loaded.</summary>
    public GenerationStatistics Statistics => _generator.Statistics;

    /// <summary>The generator itself, owned by this model.</summary>
    public ITextGenerator Generator => _generator;

    /// <summary>Loads a model folder; adapters are loaded when first asked for.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It is not a complete model folder, or a file of it was changed.</exception>
    /// <exception cref="NotSupportedException">It was written by a version with another manifest schema.</exception>
    public static XlLoraModel Load(string folder, XlLoraModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new XlLoraModelOptions();
        var session = GenAiSession.Load(folder, options.Canary);
        try
        {
            return new XlLoraModel(ModelInfo.From(session.Folder, session.Manifest), new GenAiTextGenerator(session, options.BatchSize));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Generates one answer for every request; results come as rows finish, in any order, with their row ids.</summary>
    /// <exception cref="ArgumentException">A request names an unknown adapter, or its sampling is out of range.</exception>
    /// <exception cref="InvalidDataException">An adapter file was changed, belongs to another base, or does nothing.</exception>
    public IAsyncEnumerable<GenerationResult> GenerateAsync(
        IEnumerable<GenerationRequest> requests, CancellationToken cancellationToken = default) =>
        _generator.GenerateAsync([.. requests], cancellationToken);

    /// <summary>Anchors to triplets; one result for every anchor, as they finish.</summary>
    /// <inheritdoc cref="SynthesizeAsync(IAsyncEnumerable{Anchor}, SynthesisOptions?, CancellationToken)"/>
    public IAsyncEnumerable<SynthesisResult> SynthesizeAsync(
        IEnumerable<string> anchors, SynthesisOptions? options = null, CancellationToken cancellationToken = default) =>
        SynthesizeAsync(anchors.Select((text, row) => new Anchor(row, text)).ToAsyncEnumerable(), options, cancellationToken);

    /// <summary>Anchors to triplets; one result for every anchor, as they finish.</summary>
    /// <exception cref="ArgumentException">The options name an adapter that the folder does not have.</exception>
    /// <exception cref="InvalidDataException">An adapter file was changed, belongs to another base, or does nothing.</exception>
    public IAsyncEnumerable<SynthesisResult> SynthesizeAsync(
        IAsyncEnumerable<Anchor> anchors, SynthesisOptions? options = null, CancellationToken cancellationToken = default) =>
        new Synthesizer(_generator).SynthesizeAsync(anchors, options ?? new SynthesisOptions(), cancellationToken);

    /// <summary>Frees the native memory; waits for a running call.</summary>
    public void Dispose() => _generator.Dispose();
}
