namespace XlLoraOnnx.Synthesis;

/// <summary>A file of anchors to a run folder of triplets that survives everything: see <see cref="SynthesisJobOptions"/>.</summary>
/// <remarks>
/// Every answer is in a journal before anything else happens to it; the outputs are rebuilt from the journals. Any number of processes may
/// run the same job at the same time, on one machine or on a shared disk. How a run was begun stands in its folder: see
/// <see cref="RecordedRun"/>.
/// </remarks>
public static class SynthesisJob
{
    /// <summary>Begins a run, continues one, or finds that all is done.</summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="job">What to do.</param>
    /// <param name="planned">Told before the first row.</param>
    /// <param name="progress">Told after every row.</param>
    /// <param name="cancellationToken">Ends the job at once; what is done is kept, and the rows that run are made again next time.</param>
    /// <exception cref="SynthesisInterruptedException">The job was cancelled, or ended by <see
    /// cref="SynthesisJobOptions.Finish"/>.</exception>
    /// <exception cref="InvalidDataException">The input is malformed or another one than before, the folder holds something else or a run
    /// with other options, or an adapter cannot be mounted.</exception>
    /// <exception cref="IOException">The folder cannot be written, because the disk is full, for example, or answers are lost where
    /// they are kept, again and again. What was written is kept.</exception>
    public static Task<SynthesisReport> RunAsync(
        XlLoraModel model, SynthesisJobOptions job, IProgress<SynthesisPlan>? planned = null,
        IProgress<SynthesisProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(job);
        return new SynthesisRun(SourceOf(model), job, planned, progress).RunAsync(cancellationToken);
    }

    /// <summary>Makes new attempts for rows of a run that were rejected, and writes its outputs again.</summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="job">The same as for the run.</param>
    /// <param name="only">Reasons to try again, of those that concern an answer.</param>
    /// <param name="attempts">Most attempts for one row.</param>
    /// <param name="progress">Told after every row.</param>
    /// <param name="cancellationToken">Ends the job at once; what is done is kept.</param>
    /// <exception cref="ArgumentException">A reason concerns the anchor, which stays the same; or every attempt would be the same; or the
    /// job has no folder.</exception>
    /// <inheritdoc cref="RunAsync" path="/exception"/>
    public static async Task<SynthesisReport> RetryAsync(
        XlLoraModel model, SynthesisJobOptions job, IReadOnlyCollection<RejectionReason> only, int attempts = 1,
        IProgress<SynthesisProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(only);
        ArgumentOutOfRangeException.ThrowIfLessThan(attempts, 1);
        RunRetry.Check(only, job.Synthesis.Sampling ?? model.DefaultSampling);
        var report = await new SynthesisRun(SourceOf(model), job, progress: progress)
            .RetryAsync(only.ToHashSet(), cancellationToken).ConfigureAwait(false);
        while (--attempts > 0 && report.IsComplete && report.Rejected.Keys.Any(only.Contains))
            report = await new SynthesisRun(SourceOf(model), job, progress: progress)
                .RetryAsync(only.ToHashSet(), cancellationToken).ConfigureAwait(false);
        return report;
    }

    /// <summary>Generates part of a run's answers once more and compares them with what it recorded.</summary>
    /// <param name="model">The model of the run.</param>
    /// <param name="job">The same as for the run.</param>
    /// <param name="share">Of the triplets, above 0, up to 1; which ones follows from their ids.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidDataException">The run is not complete, or damaged.</exception>
    public static Task<RunSampleReport> CompareSampleAsync(
        XlLoraModel model, SynthesisJobOptions job, double share, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(job);
        if (!(share > 0 && share <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, $"The share is {share}; it must be above 0, up to 1 (100 %).");
        if (job.Synthesis.Strategy is TranslationStrategy)
            throw new NotSupportedException("A sample of a run of translations cannot be compared; its files can be verified.");
        var folder = RunFolder.At(job.Output ?? throw new ArgumentException("Only a run in a folder can be compared: name its Output."));
        return new RunSample(SourceOf(model), job.Resolved(model.DefaultSampling)).CompareAsync(folder.FullPath, share, cancellationToken);
    }

    /// <summary>Where adapters that are made for a run are kept with it; nothing is made.</summary>
    /// <param name="output">As <see cref="SynthesisJobOptions.Output"/> will be.</param>
    /// <returns>Full path.</returns>
    /// <exception cref="DirectoryNotFoundException">The folder that it is to be made in is not there.</exception>
    /// <exception cref="InvalidDataException">What is there is something else than a run.</exception>
    public static string AdapterFolder(string output)
    {
        var folder = RunFolder.At(output);
        folder.CheckOwn();
        return folder.File(RunFolder.AdapterFolder);
    }

    internal static RunSource SourceOf(XlLoraModel model) => new()
    {
        ContextLength = model.Info.ContextLength,
        CountTokens = model.CountTokens,
        Generator = model.Generator,
        Loaded = RecordedModel.Of(model),
        Model = Path.GetFileName(Path.TrimEndingDirectorySeparator(model.Info.Folder)),
        Family = model.Info.Family,
        BaseFingerprint = model.Info.BaseFingerprint,
        Precision = model.Info.Precision,
        DefaultSampling = model.DefaultSampling,
        EngineInfo = model.Engine,
        Devices = model.Devices,
        ToolVersion = JournalHeader.ThisTool,
        AdapterSha256 = model.AdapterSha256,
        MemoryPlans = () => model.MemoryPlans,
    };
}
