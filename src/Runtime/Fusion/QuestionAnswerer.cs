namespace XlLoraOnnx.Runtime;

/// <summary>Answers to questions about texts, by an adapter of FLARE (arXiv 2501.06892) that reads them together with the same in another
/// language: a part of the text, or what a decoder writes.</summary>
/// <remarks>Owns native memory; dispose it. Safe for concurrent use: calls wait for one another.</remarks>
public sealed class QuestionAnswerer : IDisposable
{
    private const int DefaultNewTokens = 100;

    private readonly FusionModel _model;

    private QuestionAnswerer(FusionModel model)
    {
        _model = model;
        if (model.Tasks.Task != TaskLayout.Tydiqa)
            throw new ArgumentException($"'{model.Folder}' gives classes ({model.Tasks.Task}); answers are those of tydiqa. Use "
                + "TextClassifier (on the command line: xllora-onnx classify).");
    }

    /// <summary>Those of the folder, which requests may name.</summary>
    public IReadOnlyCollection<string> Adapters => _model.Adapters;

    /// <summary><c>sha256:</c> + hex of everything that a result depends on beside its request: weights, adapters, tokenizer, options.
    /// </summary>
    public string Fingerprint => _model.Fingerprint;

    /// <summary>Whether texts are read together with the same in another language.</summary>
    public bool TakesSource => _model.TakesSource;

    /// <summary>Tokens that question and context are cut to, together.</summary>
    public int MaxLength => _model.Encoding.MaxLength;

    /// <summary>Loads a folder that <c>xllora-onnx export RUN --base BASE</c> made.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It is not a complete model folder, or a file of it was changed.</exception>
    /// <exception cref="NotSupportedException">It has no adapter of FLARE.</exception>
    /// <exception cref="ArgumentException">An option is out of range or does not go with the folder, or the folder gives classes.
    /// </exception>
    public static QuestionAnswerer Load(string folder, FusionOptions? options = null)
    {
        var model = new FusionModel(folder, options is null ? new() : options with { });
        try
        {
            return new QuestionAnswerer(model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Answers any number of questions, of any adapters; batches are the answerer's business.</summary>
    /// <param name="progress">Told how many are done, now and then.</param>
    /// <param name="cancellationToken">Checked between batches, and between tokens that a decoder writes.</param>
    /// <returns>Result i is that of request i.</returns>
    /// <exception cref="ArgumentException">A text or an adapter is not what the folder needs; says of which request. Nothing has run.
    /// </exception>
    /// <exception cref="InvalidDataException">The model gives numbers that are not finite.</exception>
    public async Task<IReadOnlyList<AnswerResult>> AnswerAsync(IReadOnlyList<AnswerRequest> requests, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        return await OwnThread.RunAsync(() => Answer(requests, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private AnswerResult[] Answer(IReadOnlyList<AnswerRequest> requests, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        TaskRow[] rows = [.. requests.Select((r, i) => _model.Encode(i, new TaskText(r.Question, r.Context), r.Source, r.Adapter))];
        var results = new AnswerResult[rows.Length];
        var (most, done) = (_model.IsDecoder ? _model.Options.MaxNewTokens ?? DefaultNewTokens : 0, 0);
        _model.Run(rows, most, batch =>
        {
            if (_model.IsDecoder)
                Write(batch, most, results, cancellationToken);
            else
                Find(batch, requests, results);
            progress?.Report(done += batch.Count);
        }, cancellationToken);
        return results;
    }

    private void Find(IReadOnlyList<TaskRow> batch, IReadOnlyList<AnswerRequest> requests, AnswerResult[] results)
    {
        var width = _model.Width(batch);
        var outputs = _model.Run(_model.Rows(batch, width), ["start_logits", "end_logits"], batch[0].Adapter);
        for (var row = 0; row < batch.Count; row++)
        {
            var (index, target) = (batch[row].Index, batch[row].Target);
            var tokens = target.Ids.Length;
            var starts = Shares(outputs[0].AsSpan(row * width, tokens), index);
            var ends = Shares(outputs[1].AsSpan(row * width, tokens), index);
            results[index] = new AnswerResult
            {
                Text = "",
                NoAnswerScore = starts[0] * ends[0],
                IsTruncated = target.IsCut,
            };
            if (AnswerSpan.Best(starts, ends, target.Context, _model.Options.MaxAnswerTokens) is not { } span)
                continue;
            var first = target.Context.Start.Value;
            var (begin, end) = (target.Offsets[span.First - first].Start, target.Offsets[span.Last - first].End);
            var context = requests[index].Context;
            results[index] = results[index] with
            {
                Text = context[begin..end].Trim(),
                // a piece of a word may bring the blank before it
                Start = begin + (context[begin..end].Length - context[begin..end].TrimStart().Length),
                Score = span.Score,
            };
        }
    }

    private void Write(IReadOnlyList<TaskRow> batch, int most, AnswerResult[] results, CancellationToken cancellationToken)
    {
        var answers = new FusionWriter(_model, _model.Options.Schedule).Write(batch, most, cancellationToken);
        for (var row = 0; row < batch.Count; row++)
            results[batch[row].Index] = new AnswerResult
            {
                Text = _model.Tokenizer.Decode(answers[row]).Trim(),
                IsTruncated = batch[row].Target.IsCut,
            };
    }

    /// <summary>Of the tokens alone, padding left out.</summary>
    private static double[] Shares(ReadOnlySpan<float> logits, int index)
    {
        var shares = new double[logits.Length];
        var (largest, sum) = (double.NegativeInfinity, 0.0);
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);
        for (var i = 0; i < shares.Length; i++)
            sum += shares[i] = Math.Exp(logits[i] - largest);
        if (!double.IsFinite(sum))
            throw new InvalidDataException($"The model gives numbers that are not finite for request {index}.");
        for (var i = 0; i < shares.Length; i++)
            shares[i] /= sum;
        return shares;
    }
}
