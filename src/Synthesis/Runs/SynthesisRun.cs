using System.Diagnostics;

namespace XlLoraOnnx.Synthesis;

/// <summary>One process's part of a run, from the plan to the outputs.</summary>
internal sealed class SynthesisRun
{
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
        var run = await RunSession.OpenAsync(_folder, manifest, _inputs, _job, cancellationToken).ConfigureAwait(false);
        await using (run.ConfigureAwait(false))
        {
            if (only is not null)
                await new RunRetry(_folder!).OpenAsync(run.Answers, only, cancellationToken).ConfigureAwait(false);
            // what a retry has opened
            if (run.Answers.OpenSentences > 0)
                await run.Queue.ReopenAsync(cancellationToken).ConfigureAwait(false);
            var rows = new RunRows(_inputs, manifest, run.Answers, run.Queue, counters, _options, _job, _poll);
            var isDone = await rows.AreAllDoneAsync(part: null, cancellationToken).ConfigureAwait(false)
                && (!_job.WriteOutputs || HasOutputs(manifest, run.Answers));
            _planned?.Report(Plan(manifest, _survey, run.Answers, isDone));
            if (isDone)
            {
                await DescribeOutputsAsync(manifest, cancellationToken).ConfigureAwait(false);
                return Report(manifest, counters);
            }
            try
            {
                await GenerateAsync(run, rows, counters, cancellationToken).ConfigureAwait(false);
                if (!_job.WriteOutputs || !await rows.AreAllDoneAsync(part: null, cancellationToken).ConfigureAwait(false))
                    return Report(manifest with { Outcome = null }, counters);
                var report = await WriteOutputsAsync(run, counters, cancellationToken).ConfigureAwait(false);
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

    private async Task GenerateAsync(RunSession run, RunRows rows, RunCounters counters, CancellationToken cancellationToken)
    {
        if (await rows.AreAllDoneAsync(_job.Shard, cancellationToken).ConfigureAwait(false))
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
        if (!await rows.AreAllDoneAsync(_job.Shard, cancellationToken).ConfigureAwait(false))
            _job.Finish.ThrowIfCancellationRequested();
    }

    private async Task<SynthesisReport> WriteOutputsAsync(RunSession run, RunCounters counters, CancellationToken cancellationToken)
    {
        counters.Stage = SynthesisStage.Writing;
        counters.Report();
        while (!await run.Queue.TryClaimOutputsAsync(cancellationToken).ConfigureAwait(false))
            await Task.Delay(_poll, cancellationToken).ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        await run.Answers.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var manifest = _folder is null ? run.Manifest : RunManifest.Read(_folder.Manifest);
        if (HasOutputs(manifest, run.Answers))
            return Report(manifest, counters);
        // What the passes over the input have left: the outputs need tables of their own. On a fresh stack, since below this one may be
        // the calls that ended the last row, which would keep theirs.
        await Task.Yield();
        GC.Collect();
        var rows = new DecidedRows(_inputs, manifest.Input, run.Answers, run.Queue.ReopenAsync, _folder, _options, _job);
        if (_folder is null)
        {
            var kept = new MemoryOutputs();
            manifest = await kept.CollectAsync(rows, manifest, _job.Truth, cancellationToken).ConfigureAwait(false);
            return Report(manifest, counters) with
            {
                WritingTime = Stopwatch.GetElapsedTime(started),
                Results = kept.Results,
                Truth = kept.Truth,
                Examples = kept.Shown.Examples,
                RejectedRows = kept.Shown.Rejected,
            };
        }
        if (_options.Strategy is TranslationStrategy translation)
        {
            var translations = new TranslationOutputs(_folder, rows, translation);
            manifest = await translations.WriteAsync(manifest, cancellationToken).ConfigureAwait(false);
            return Report(manifest, counters) with
            {
                WritingTime = Stopwatch.GetElapsedTime(started),
                Examples = translations.Shown.Examples,
                RejectedRows = translations.Shown.Rejected,
            };
        }
        var outputs = new RunOutputs(_folder, rows, run.Answers, _source, _options, _job);
        manifest = await outputs.WriteAsync(manifest, cancellationToken).ConfigureAwait(false);
        return Report(manifest, counters) with
        {
            WritingTime = Stopwatch.GetElapsedTime(started),
            Truth = outputs.Truth,
            Examples = outputs.Shown.Examples,
            RejectedRows = outputs.Shown.Rejected,
        };
    }

    /// <summary>Whether the outputs are there, and say all that the answers say.</summary>
    private bool HasOutputs(RunManifest manifest, RunAnswers answers) => _folder is not null && manifest.Outcome is { } outcome
        && outcome.Records == answers.Records && RunVerifier.HasFiles(_folder, outcome);

    /// <summary>Name of the table that is shown to people first.</summary>
    private string TableOf(RunManifest manifest) => _options.Strategy is TranslationStrategy ? RunFolder.Translations
        : TripletFormats.FileName(OutputTables.Of(_folder!, manifest.Outcome)[0]);

    private SynthesisReport Report(RunManifest manifest, RunCounters counters) => new()
    {
        Folder = _folder?.FullPath ?? "",
        Output = _folder is null ? "" : _folder.Table ?? _folder.File(TableOf(manifest)),
        IsComplete = manifest.Outcome is not null,
        Rows = manifest.Input.RowsOf(_job),
        OwnRows = counters.OwnRows,
        Triplets = manifest.Outcome?.Triplets ?? 0,
        Rejected = manifest.Outcome?.Reasons.ToDictionary(r => RejectionReasons.Parse(r.Key), r => r.Value) ?? [],
        RejectedRows = [],
        Examples = [],
        Elapsed = counters.Elapsed,
        WritingTime = TimeSpan.Zero,
        Engine = _source.EngineInfo,
        MemoryPlans = _source.MemoryPlans(),
        Statistics = counters.Statistics,
        Truth = null,
    };
}
