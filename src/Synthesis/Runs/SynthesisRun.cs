namespace XlLoraOnnx.Synthesis;

/// <summary>One process's part of a run, from the plan to the outputs.</summary>
internal sealed class SynthesisRun
{
    private const int MostReopened = 3;

    private readonly RunSource _source;
    private readonly SynthesisJobOptions _job;
    private readonly SynthesisOptions _options;
    private readonly RunFolder? _folder;
    private readonly TimeSpan _poll;
    private readonly IProgress<SynthesisPlan>? _planned;
    private readonly IProgress<SynthesisProgress>? _progress;
    private RunInputs _inputs;
    private RunSurvey? _survey;

    /// <exception cref="ArgumentException">An option is out of range, or names an adapter that is not there; nothing was
    /// written.</exception>
    public SynthesisRun(
        RunSource source, SynthesisJobOptions job, IProgress<SynthesisPlan>? planned = null, IProgress<SynthesisProgress>? progress = null)
    {
        job.Validate();
        // what the model's own file says belongs to what the run was made with
        _options = job.Resolved(source.DefaultSampling);
        _options.Validate(source.Generator.Adapters);
        (_source, _job, _planned, _progress) = (source, job, planned, progress);
        _folder = job.Output is { } output ? RunFolder.At(output) : null;
        if (job.LanguageColumn is null)
            RunSurvey.Check(_options.Strategy, _options.Language, "Language");
        _inputs = new RunInputs(job.Input, job.Split, job.Limit,
            _options.Strategy is TranslationStrategy ? new InputColumns(job.Column, "text") : InputColumns.Anchors(job.LanguageColumn));
        _poll = new LeaseOptions { Timeout = job.LeaseTimeout }.PollInterval;
    }

    public Task<SynthesisReport> RunAsync(CancellationToken cancellationToken) => RunAsync(only: null, cancellationToken);

    /// <summary>Finishes the run if it is not, then makes one more attempt at what was rejected.</summary>
    /// <param name="only">Reasons to try again.</param>
    /// <exception cref="ArgumentException">The run has no folder, so that there is nothing left of it.</exception>
    public async Task<SynthesisReport> RetryAsync(IReadOnlySet<RejectionReason> only, CancellationToken cancellationToken)
    {
        if (_folder is null)
            throw new ArgumentException("Only a run in a folder can be tried again: name its Output.");
        var report = await RunAsync(only: null, cancellationToken).ConfigureAwait(false);
        if (!report.IsComplete || !report.Rejected.Keys.Any(only.Contains))
            return report;
        return await RunAsync(only, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="only">Reasons to try again; null to try nothing again.</param>
    private async Task<SynthesisReport> RunAsync(IReadOnlySet<RejectionReason>? only, CancellationToken cancellationToken)
    {
        if (_survey is null)
        {
            _inputs = await _inputs.OrSharedAsync(_job.Backend?.FindInput, _job.Backend?.Place, cancellationToken).ConfigureAwait(false);
            _survey = await RunSurvey.TakeAsync(_inputs, new PromptLengths(_source, _options), _options.Strategy, cancellationToken)
                .ConfigureAwait(false);
        }
        var manifest = RunBeginning.Open(_folder, _source, _options, _job, _survey.Input);
        var total = manifest.Input.RowsOf(_job);
        var counters = new RunCounters(_source, total, _progress);
        var end = new RunEnd(_source, _folder, _inputs, _options, _job);
        var run = await RunSession.OpenAsync(_folder, manifest, _inputs, _job, cancellationToken).ConfigureAwait(false);
        await using (run.ConfigureAwait(false))
        {
            if (only is not null)
                await new RunRetry(_folder!).OpenAsync(run.Answers, only, cancellationToken).ConfigureAwait(false);
            // what a retry has opened
            if (run.Answers.OpenSentences > 0)
                await run.Queue.ReopenAsync(cancellationToken).ConfigureAwait(false);
            var isDone = await Rows(run, counters, _job).AreAllDoneAsync(part: null, cancellationToken).ConfigureAwait(false)
                && (!_job.WriteOutputs || end.HasOutputs(manifest, run.Answers));
            _planned?.Report(Plan(manifest, _survey, run.Answers, isDone));
            try
            {
                var report = isDone ? end.Report(manifest, counters)
                    : await FinishAsync(run, end, counters, cancellationToken).ConfigureAwait(false);
                if (report.IsComplete)
                    await DescribeOutputsAsync(manifest, cancellationToken).ConfigureAwait(false);
                return report;
            }
            catch (OperationCanceledException e) when (_folder is not null)
            {
                throw new SynthesisInterruptedException(_folder.FullPath, counters.Rows, total, e);
            }
            finally
            {
                await run.Queue.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>For those who only look at the run.</summary>
    private async Task DescribeOutputsAsync(RunManifest manifest, CancellationToken cancellationToken)
    {
        if (_job.WriteOutputs && _job.Backend?.Describe is { } describe)
            await describe(SharedRun.Of(manifest, _job, hasOutputs: true), cancellationToken).ConfigureAwait(false);
    }

    private SynthesisPlan Plan(RunManifest manifest, RunSurvey survey, RunAnswers answers, bool isDone) => new()
    {
        Folder = _folder?.FullPath ?? "",
        IsContinued = answers.Totals.Answers > 0 || isDone,
        IsComplete = isDone,
        Anchors = manifest.Input.Rows,
        DistinctAnchors = manifest.Input.DistinctAnchors,
        Languages = survey.Languages,
        AnchorsWithLineEnds = survey.WithLineEnds,
        UnusableAnchors = survey.Unusable,
        TooLongAnchors = survey.TooLong,
        Rows = manifest.Input.RowsOf(_job),
        AnswersKept = answers.Totals.Answers,
        ShardRows = manifest.ShardRows,
    };

    /// <summary>Generates what is missing and, if then nothing is, writes the outputs.</summary>
    /// <exception cref="MissingAnswersException">Of finished shards, again and again.</exception>
    private async Task<SynthesisReport> FinishAsync(
        RunSession run, RunEnd end, RunCounters counters, CancellationToken cancellationToken)
    {
        for (var reopened = 0; ; reopened++)
        {
            counters.Recount();
            // what is missing after all may be of any part
            var job = reopened == 0 ? _job : _job with { Shard = null };
            var rows = Rows(run, counters, job);
            await GenerateAsync(run, rows, job, counters, cancellationToken).ConfigureAwait(false);
            if (!job.WriteOutputs || !await rows.AreAllDoneAsync(part: null, cancellationToken).ConfigureAwait(false))
                return end.Report(run.Manifest with { Outcome = null }, counters);
            counters.Stage = SynthesisStage.Writing;
            counters.Report();
            while (!await run.Queue.TryClaimOutputsAsync(cancellationToken).ConfigureAwait(false))
                await Task.Delay(_poll, cancellationToken).ConfigureAwait(false);
            try
            {
                return await end.WriteAsync(run, counters, cancellationToken).ConfigureAwait(false) with { Reopened = reopened };
            }
            catch (MissingAnswersException)
            {
                // On a disk with old caches the end of a shard is seen before its last answers; a database may be an older backup.
                await run.Queue.ReopenAsync(cancellationToken).ConfigureAwait(false);
                await run.Queue.ReleaseAsync(cancellationToken).ConfigureAwait(false);
                if (reopened == MostReopened)
                    throw;
            }
        }
    }

    private RunRows Rows(RunSession run, RunCounters counters, SynthesisJobOptions job) =>
        new(_inputs, run.Manifest, run.Answers, run.Queue, counters, _options, job, _poll);

    private async Task GenerateAsync(
        RunSession run, RunRows rows, SynthesisJobOptions job, RunCounters counters, CancellationToken cancellationToken)
    {
        if (await rows.AreAllDoneAsync(job.Shard, cancellationToken).ConfigureAwait(false))
            return;
        var sink = new AnswerLogSink(run.Answers, _source, _options, counters, rows.ShardOf);
        await using var finishing = _job.Finish.Register(() =>
        {
            counters.Stage = SynthesisStage.Finishing;
            counters.Report();
        }).ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _job.Finish);
        // of few rows no process takes so many at a time that nothing is left for the others
        var fair = Math.Max(2L * _source.Generator.PreferredBatchSize, run.Manifest.Input.RowsOf(_job) / 32);
        await new AnswerPump(_source.Generator, _options, fair)
            .RunAsync(rows.ReadAsync(either.Token), sink, _job.Finish, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (!await rows.AreAllDoneAsync(job.Shard, cancellationToken).ConfigureAwait(false))
            _job.Finish.ThrowIfCancellationRequested();
    }
}
