using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>Rows of XNLI, NusaX or TyDi QA to a table with what a model says of each.</summary>
/// <remarks>
/// What was predicted is kept beside the output while the job runs: interrupted, the same job goes on there. The output appears under its
/// name when it is whole.
/// </remarks>
public static class PredictionJob
{
    /// <summary>Classes of all rows.</summary>
    /// <param name="classifier">Stays the caller's.</param>
    /// <param name="job">What to read and to write.</param>
    /// <param name="progress">Told after every few rows.</param>
    /// <param name="cancellationToken">Ends the job; what is done is kept.</param>
    /// <exception cref="ArgumentException">An option does not go with the model or the data.</exception>
    /// <exception cref="FileNotFoundException">There is no such input.</exception>
    /// <exception cref="InvalidDataException">The input is malformed, or rows lack the text that the adapter reads beside theirs.</exception>
    /// <exception cref="IOException">The output cannot be written, or what another job has left lies there.</exception>
    public static Task<PredictionReport> ClassifyAsync(TextClassifier classifier, PredictionJobOptions job,
        IProgress<PredictionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(job);
        if (job.Task == TextTask.TyDiQa)
            throw new ArgumentException("tydiqa has answers and no classes; answer its questions with a QuestionAnswerer.", nameof(job));
        return new PredictionRun(job, new Predictor(classifier.Fingerprint, ["prediction", "score"], classifier.TakesSource, async (rows, token) =>
        {
            var requests = rows.Select(r => new ClassificationRequest { Text = r.Text, Source = r.Source, Adapter = job.Adapter });
            var results = await classifier.ClassifyAsync([.. requests], null, token).ConfigureAwait(false);
            return [.. results.Select(r => new Prediction(
                [r.LabelName ?? r.GeneratedText ?? "", Number(r.Probabilities.Count > 0 ? r.Probabilities[r.Label!.Value] : null)],
                r.IsTruncated))];
        }), progress).RunAsync(cancellationToken);
    }

    /// <summary>Answers to all questions.</summary>
    /// <inheritdoc cref="ClassifyAsync"/>
    /// <param name="answerer">Stays the caller's.</param>
    public static Task<PredictionReport> AnswerAsync(QuestionAnswerer answerer, PredictionJobOptions job,
        IProgress<PredictionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(answerer);
        ArgumentNullException.ThrowIfNull(job);
        if (job.Task != TextTask.TyDiQa)
            throw new ArgumentException($"{job.Task.Word()} has classes and no answers; use a TextClassifier.", nameof(job));
        return new PredictionRun(job, new Predictor(answerer.Fingerprint, ["prediction", "prediction_start", "score"], answerer.TakesSource, async (rows, token) =>
        {
            var requests = rows.Select(r => new XlLoraOnnx.Runtime.AnswerRequest
            {
                Question = r.Text.First,
                Context = r.Text.Second!,
                Source = r.Source,
                Adapter = job.Adapter,
            });
            var results = await answerer.AnswerAsync([.. requests], null, token).ConfigureAwait(false);
            return [.. results.Zip(rows, (r, row) => new Prediction(
                [r.Text, Place(row.Text.Second!, r.Start), Number(r.Score)], r.IsTruncated))];
        }), progress).RunAsync(cancellationToken);
    }

    private static string Number(double? value) => value?.ToString("0.######", CultureInfo.InvariantCulture) ?? "";

    /// <summary>As files of answers count it: a character beyond U+FFFF is one.</summary>
    private static string Place(string context, int? start) =>
        start is { } units ? context[..units].EnumerateRunes().Count().ToString(CultureInfo.InvariantCulture) : "";
}
