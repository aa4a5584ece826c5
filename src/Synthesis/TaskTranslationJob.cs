namespace XlLoraOnnx.Synthesis;

/// <summary>Translates the texts of a task, and carries its answers along: the step that FLARE calls <c>run_translate</c> (arXiv
/// 2501.06892).</summary>
/// <remarks>
/// A <see cref="TranslationJob"/> over all texts of the rows, with everything that it keeps: it can be killed and goes on. Of TyDi QA the
/// first right answer stands in quotes while its context is translated: see <see cref="QuotedSpan"/>. A further one, if it is another,
/// stands in quotes in a translation of its own, and counts where the first translation has the same words.
/// </remarks>
public static class TaskTranslationJob
{
    /// <summary>Begins a run, continues one, or finds that all is done.</summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="task">Which task the rows are of.</param>
    /// <param name="job">The input is a file of rows (see <see cref="TaskExamples"/>), the output a <c>.csv</c>, <c>.jsonl</c> or
    /// <c>.parquet</c> file, beside which lie the texts as <c>NAME.texts.jsonl</c> and the run as <c>NAME.run</c>. One target
    /// language.</param>
    /// <param name="rows">How rows are read, and which side the translations are; null for the defaults.</param>
    /// <param name="planned">Told before the first text.</param>
    /// <param name="progress">Told after every translation.</param>
    /// <param name="cancellationToken">Ends the job at once; what is done is kept.</param>
    /// <exception cref="ArgumentException">The job has several target languages, a column, a limit or no output file.</exception>
    /// <inheritdoc cref="SynthesisJob.RunAsync" path="/exception"/>
    public static Task<TaskTranslationReport> RunAsync(XlLoraModel model, TextTask task, TranslationJobOptions job,
        TaskExampleOptions? rows = null, IProgress<SynthesisPlan>? planned = null, IProgress<SynthesisProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        return RunAsync(
            task, job, rows, texts => TranslationJob.RunAsync(model, texts, planned, progress, cancellationToken), cancellationToken);
    }

    /// <param name="translate">Translates a file of texts.</param>
    internal static async Task<TaskTranslationReport> RunAsync(TextTask task, TranslationJobOptions job, TaskExampleOptions? rows,
        Func<TranslationJobOptions, Task<TranslationJobReport>> translate, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        Validate(job);
        rows ??= new TaskExampleOptions();
        // what is translated is the rows' own side, whatever the translations will be called
        var own = rows with { Translated = TranslatedColumns.Source };
        var set = await TaskExamples.LoadAsync(job.Input, task, own, cancellationToken: cancellationToken).ConfigureAwait(false);
        var texts = Path.ChangeExtension(Path.GetFullPath(job.Output), ".texts.jsonl");
        TaskTexts.Write(texts, set);
        var run = Path.ChangeExtension(Path.GetFullPath(job.Output), ".run");
        var report = await translate(job with { Input = texts, Output = run }).ConfigureAwait(false);
        if (!report.IsComplete)
            return new TaskTranslationReport { Translation = report, Output = job.Output, Skipped = set.Skipped };
        var lines = Path.Combine(report.Folder, RunFolder.TranslationLines);
        var translations = await TaskTexts.ReadAsync(lines, job.TargetLanguages[0], cancellationToken).ConfigureAwait(false);
        var language = rows.Translated == TranslatedColumns.Target ? job.TargetLanguages[0] : null;
        var (written, missing, outcomes) = TaskTable.Write(job.Output, set, translations, language, job.SourceLanguage);
        return new TaskTranslationReport
        {
            Translation = report,
            Output = job.Output,
            Rows = written,
            Missing = missing,
            Answers = outcomes,
            Skipped = set.Skipped,
        };
    }

    private static void Validate(TranslationJobOptions job)
    {
        if (job.TargetLanguages.Count != 1)
            throw new ArgumentException(
                $"Rows of a task are translated into one language; {job.TargetLanguages.Count} are given: "
                + $"{string.Join(", ", job.TargetLanguages)}.");
        if (job.Column is not null || job.Limit is not null || job.Split is not null)
            throw new ArgumentException("All texts of a task's rows are translated; a column, a limit or a split does not go with it.");
        if (Path.GetFullPath(job.Output) == Path.GetFullPath(job.Input))
            throw new ArgumentException($"{job.Output} is the input as well; name another file for the translations.");
        if (TripletFormats.Of(job.Output) is null)
            throw new ArgumentException($"{job.Output}: rows of a task are written as .csv, .jsonl or .parquet; name such a file.");
    }
}

/// <summary>What a <see cref="TaskTranslationJob"/> did.</summary>
public sealed record TaskTranslationReport
{
    /// <summary>The run of translations.</summary>
    public required TranslationJobReport Translation { get; init; }

    /// <summary>The table.</summary>
    public required string Output { get; init; }

    /// <summary>Rows of the table; 0 while other processes still work on the run.</summary>
    public long Rows { get; init; }

    /// <summary>Rows that are left out, because the translation of one of their texts is missing.</summary>
    public long Missing { get; init; }

    /// <summary>Of TyDi QA: how many answers were found in the translations, and why others were not.</summary>
    public IReadOnlyDictionary<QuotedSpanOutcome, long> Answers { get; init; } = new Dictionary<QuotedSpanOutcome, long>();

    /// <summary>Rows of the input that are no examples.</summary>
    public IReadOnlyList<SkippedRow> Skipped { get; init; } = [];
}
