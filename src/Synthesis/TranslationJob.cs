using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>A file of texts to a run folder of translations that survives everything: see <see cref="TranslationJobOptions"/>.</summary>
/// <remarks>
/// The same machinery as that of <see cref="SynthesisJob"/>: every translation is in a journal before anything else happens to it, any
/// number of processes may run the same job at the same time, and the outputs are the same whoever made them and however often they were
/// killed. For texts in memory there is <see cref="ITranslator"/>.
/// </remarks>
public static class TranslationJob
{
    /// <summary>Begins a run, continues one, or finds that all is done.</summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="job">What to do.</param>
    /// <param name="planned">Told before the first row.</param>
    /// <param name="progress">Told after every translation.</param>
    /// <param name="cancellationToken">Ends the job at once; what is done is kept, and the rows that run are made again next time.</param>
    /// <exception cref="ArgumentException">A language or a pair is unknown, a pair has no prompt that the model needs, or an option is out
    /// of its range; nothing was written.</exception>
    /// <inheritdoc cref="SynthesisJob.RunAsync" path="/exception"/>
    public static Task<TranslationJobReport> RunAsync(
        XlLoraModel model, TranslationJobOptions job, IProgress<SynthesisPlan>? planned = null,
        IProgress<SynthesisProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(job);
        return RunAsync(SynthesisJob.SourceOf(model), JobOf(model, job), planned, progress, cancellationToken);
    }

    /// <summary>Makes new attempts for translations of a run that failed, and writes its outputs again.</summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="job">The same as for the run.</param>
    /// <param name="only">Reasons to try again; a translation is always the likeliest, so that this is <see
    /// cref="RejectionReason.Failed"/>.</param>
    /// <param name="attempts">Most attempts for one translation.</param>
    /// <param name="progress">Told after every translation.</param>
    /// <param name="cancellationToken">Ends the job at once; what is done is kept.</param>
    /// <exception cref="ArgumentException">A reason concerns the text, which stays the same; or every attempt would be the
    /// same.</exception>
    /// <inheritdoc cref="SynthesisJob.RunAsync" path="/exception"/>
    public static async Task<TranslationJobReport> RetryAsync(
        XlLoraModel model, TranslationJobOptions job, IReadOnlyCollection<RejectionReason> only, int attempts = 1,
        IProgress<SynthesisProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(job);
        var translations = JobOf(model, job);
        return TranslationJobReport.Of(translations, await SynthesisJob
            .RetryAsync(model, translations, only, attempts, progress, cancellationToken).ConfigureAwait(false));
    }

    internal static async Task<TranslationJobReport> RunAsync(RunSource source, SynthesisJobOptions job, IProgress<SynthesisPlan>? planned,
        IProgress<SynthesisProgress>? progress, CancellationToken cancellationToken) =>
        TranslationJobReport.Of(job, await new SynthesisRun(source, job, planned, progress).RunAsync(cancellationToken).ConfigureAwait(false));

    private static SynthesisJobOptions JobOf(XlLoraModel model, TranslationJobOptions job)
    {
        var translations = job.ToJob(model.DefaultSampling, Search(model.Options));
        ((TranslationStrategy)translations.Synthesis.Strategy).Pairs.Check(model);
        return translations;
    }

    private static string Search(XlLoraModelOptions options) => options.NumBeams == 1 ? "greedy"
        : string.Create(CultureInfo.InvariantCulture,
            $"{options.NumBeams} beams, length penalty {options.LengthPenalty}{(options.EarlyStopping ? ", early stopping" : "")}");
}
