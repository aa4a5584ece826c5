namespace XlLoraOnnx.Runtime;

/// <summary>Classes of texts, by an adapter of FLARE (arXiv 2501.06892) that reads them together with the same text in another language.
/// </summary>
/// <remarks>Owns native memory; dispose it. Safe for concurrent use: calls wait for one another.</remarks>
public sealed class TextClassifier : IDisposable
{
    private readonly FusionModel _model;
    private readonly string[] _words;

    private TextClassifier(FusionModel model)
    {
        _model = model;
        var names = TaskLayout.LabelsOf(model.Tasks.Task);
        if (names.Count == 0)
            throw new ArgumentException(
                $"'{model.Folder}' answers questions ({model.Tasks.Task}); classes are those of xnli and nusax. Use QuestionAnswerer "
                + "(on the command line: xllora-onnx answer).");
        Labels = model.Options.Labels ?? names;
        if (!model.IsDecoder && Labels.Count != model.Facts.Labels)
            throw new ArgumentException($"{Labels.Count} labels are named ({string.Join(", ", Labels)}); '{model.Folder}' has "
                + $"{model.Facts.Labels} classes.");
        _words = [.. Labels.Select(Bare)];
    }

    /// <summary><c>xnli</c> or <c>nusax</c>: how texts are laid out.</summary>
    public string Task => _model.Tasks.Task;

    /// <summary>Names of the classes by their numbers.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Those of the folder, which requests may name.</summary>
    public IReadOnlyCollection<string> Adapters => _model.Adapters;

    /// <summary><c>sha256:</c> + hex of everything that a result depends on beside its request: weights, adapters, tokenizer, options.
    /// </summary>
    public string Fingerprint => _model.Fingerprint;

    /// <summary>Whether texts are read together with the same in another language.</summary>
    public bool TakesSource => _model.TakesSource;

    /// <summary>Tokens that a text is cut to.</summary>
    public int MaxLength => _model.Encoding.MaxLength;

    /// <summary>Loads a folder that <c>xllora-onnx export RUN --base BASE</c> made.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It is not a complete model folder, or a file of it was changed.</exception>
    /// <exception cref="NotSupportedException">It has no adapter of FLARE.</exception>
    /// <exception cref="ArgumentException">An option is out of range or does not go with the folder, or the folder answers questions.
    /// </exception>
    public static TextClassifier Load(string folder, FusionOptions? options = null)
    {
        var model = new FusionModel(folder, options is null ? new() : options with { });
        try
        {
            return new TextClassifier(model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Classifies any number of texts, of any adapters; batches are the classifier's business.</summary>
    /// <param name="progress">Told how many are done, now and then.</param>
    /// <param name="cancellationToken">Checked between batches, and between tokens that a decoder writes.</param>
    /// <returns>Result i is that of request i.</returns>
    /// <exception cref="ArgumentException">A text or an adapter is not what the folder needs; says of which request. Nothing has run.
    /// </exception>
    /// <exception cref="InvalidDataException">The model gives numbers that are not finite.</exception>
    public async Task<IReadOnlyList<ClassificationResult>> ClassifyAsync(IReadOnlyList<ClassificationRequest> requests,
        IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        return await OwnThread.RunAsync(() => Classify(requests, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private ClassificationResult[] Classify(
        IReadOnlyList<ClassificationRequest> requests, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        TaskRow[] rows = [.. requests.Select((r, i) => _model.Encode(i, r.Text, r.Source, r.Adapter))];
        var results = new ClassificationResult[rows.Length];
        var (most, done) = (_model.IsDecoder ? MaxNewTokens() : 0, 0);
        _model.Run(rows, most, batch =>
        {
            if (_model.IsDecoder)
                Write(batch, most, results, cancellationToken);
            else
                Score(batch, results);
            progress?.Report(done += batch.Count);
        }, cancellationToken);
        return results;
    }

    private void Score(IReadOnlyList<TaskRow> batch, ClassificationResult[] results)
    {
        var logits = _model.Run(_model.Rows(batch, _model.Width(batch)), ["logits"], batch[0].Adapter)[0];
        for (var row = 0; row < batch.Count; row++)
        {
            var values = logits.AsSpan(row * Labels.Count, Labels.Count);
            var probabilities = new float[Labels.Count];
            System.Numerics.Tensors.TensorPrimitives.SoftMax(values, probabilities);
            var label = System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(values);
            if (!float.IsFinite(probabilities[label]))
                throw new InvalidDataException($"The model gives numbers that are not finite for request {batch[row].Index}.");
            results[batch[row].Index] = new ClassificationResult
            {
                Label = label,
                LabelName = Labels[label],
                Probabilities = probabilities,
                IsTruncated = batch[row].Target.IsCut,
            };
        }
    }

    private void Write(IReadOnlyList<TaskRow> batch, int most, ClassificationResult[] results, CancellationToken cancellationToken)
    {
        var answers = new FusionWriter(_model, _model.Options.Schedule).Write(batch, most, cancellationToken);
        for (var row = 0; row < batch.Count; row++)
        {
            var text = _model.Tokenizer.Decode(answers[row]).Trim();
            var label = Array.IndexOf(_words, Bare(text));
            results[batch[row].Index] = new ClassificationResult
            {
                Label = label < 0 ? null : label,
                LabelName = label < 0 ? null : Labels[label],
                GeneratedText = text,
                IsTruncated = batch[row].Target.IsCut,
            };
        }
    }

    /// <summary>An answer that is longer than every label is none of them.</summary>
    private int MaxNewTokens() => _model.Options.MaxNewTokens
        ?? Labels.Max(label => _model.Tokenizer.WithSpecialTokens(false).Encode(label).Ids.Count) + 1;

    /// <summary>Without case and punctuation, as FLARE compares answers.</summary>
    private static string Bare(string text) =>
        string.Concat(text.Where(c => !char.IsPunctuation(c))).Trim().ToLowerInvariant();
}
