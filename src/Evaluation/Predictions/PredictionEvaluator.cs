namespace XlLoraOnnx.Evaluation;

/// <summary>Measures what systems say of XNLI (accuracy), NusaX (macro-F1) and TyDi QA (exact match, F1), with bootstrap
/// intervals.</summary>
public static class PredictionEvaluator
{
    /// <summary>Predictions that are there already, as columns of the data or in files beside it.</summary>
    /// <param name="data">Files that <see cref="TaskExamples"/> reads; rows of each language are measured by themselves.</param>
    /// <param name="task">Which task they are of.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="ArgumentException">There is no data, or what is given does not go together.</exception>
    /// <exception cref="FileNotFoundException">A path does not exist.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, an example has no label, or predictions are not of the
    /// examples.</exception>
    public static Task<PredictionScoreReport> EvaluateAsync(
        IReadOnlyList<string> data, TextTask task, PredictionOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync(data, task, null, options, cancellationToken);

    /// <summary>Asks a system.</summary>
    /// <param name="data">Files that <see cref="TaskExamples"/> reads; all are read before the system is asked.</param>
    /// <param name="task">Which task they are of.</param>
    /// <param name="predictor">The system. It is asked once for each file.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="InvalidOperationException">The system gives not as many predictions as there are examples.</exception>
    /// <inheritdoc cref="EvaluateAsync" path="/exception"/>
    public static Task<PredictionScoreReport> EvaluateSystemAsync(IReadOnlyList<string> data, TextTask task, TaskPredictor predictor,
        PredictionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        return RunAsync(data, task, predictor, options, cancellationToken);
    }

    /// <summary>Writes, for each system, what each example scored (<c>*.items.jsonl</c>), which <see cref="EvaluationComparer"/> reads, and
    /// what was measured (<c>evaluation.jsonl</c>).</summary>
    /// <returns>The folder of each system.</returns>
    public static IReadOnlyList<string> Write(PredictionScoreReport report, string folder)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return PredictionFiles.Write(report, folder);
    }

    private static async Task<PredictionScoreReport> RunAsync(IReadOnlyList<string> data, TextTask task, TaskPredictor? predictor,
        PredictionOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new PredictionOptions();
        options.Validate(data);
        if (predictor is not null && options.Predictions.Count > 0)
            throw new ArgumentException("A system is asked and predictions are given as well; give one of them.", nameof(options));
        var sets = await new PredictionData(task, options, predictor, cancellationToken).ReadAsync(data).ConfigureAwait(false);
        return new PredictionScoreReport { Results = [.. sets.SelectMany(s => new PredictionRun(s, options).Run(cancellationToken))] };
    }
}
