using System.Diagnostics;

namespace XlLoraOnnx.Synthesis;

/// <summary>One process's part of a run, from the plan to the outputs.</summary>
internal sealed class SynthesisRun
{
    private const string OutputsLease = "outputs";

    private readonly RunSource _source;
    private readonly SynthesisJobOptions _job;
    private readonly SynthesisOptions _options;
    private readonly RunFolder _folder;
    private readonly RunInputs _inputs;
    private readonly IProgress<SynthesisPlan>? _planned;
    private readonly IProgress<SynthesisProgress>? _progress;

    /// <exception cref="ArgumentException">An option is out of range, or names an adapter that is not there; nothing was
    /// written.</exception>
    public SynthesisRun(
        RunSource source, SynthesisJobOptions job, IProgress<SynthesisPlan>? planned = null, IProgress<SynthesisProgress>? progress = null)
    {
        job.Validate();
        // what the model's own file says belongs to what the run was made with
        _options = job.Synthesis with { Sampling = job.Synthesis.Sampling ?? source.DefaultSampling };
        _options.Validate(source.Generator.Adapters);
        (_source, _job, _planned, _progress) = (source, job, planned, progress);
        _folder = RunFolder.At(job.Output);
        _inputs = new RunInputs(job.Input, job.Limit);
    }

    public Task<SynthesisReport> RunAsync(CancellationToken cancellationToken) => RunAsync(reopen: null, cancellationToken);

    /// <summary>Finishes the run if it is not, then makes one more attempt at what was rejected.</summary>
    /// <param name="only">Reasons to try again.</param>
    public async Task<SynthesisReport> RetryAsync(IReadOnlySet<RejectionReason> only, CancellationToken cancellationToken)
    {
        var report = await RunAsync(reopen: null, cancellationToken).ConfigureAwait(false);
        if (!report.IsComplete || !report.Rejected.Keys.Any(only.Contains))
            return report;
        return await RunAsync(journals => new RunRetry(_folder).Open(journals, only, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task<SynthesisReport> RunAsync(Action<RunJournals>? reopen, CancellationToken cancellationToken)
    {
        var survey = await _inputs.SurveyAsync(new PromptLengths(_source, _options), cancellationToken).ConfigureAwait(false);
        var input = survey.Input;
        _folder.Create();
        var manifest = OpenManifest(input);
        var total = input.RowsOf(_job);
        var counters = new RunCounters(_source, total, _progress);
        using var journals = new RunJournals(_folder.FullPath, total);
        journals.Begin(manifest.RunId);
        using var leases = new ShardLeases(
            _folder.FullPath, manifest.Shards, journals.Owner!, new LeaseOptions { Timeout = _job.LeaseTimeout });
        reopen?.Invoke(journals);
        // what a retry has opened
        if (journals.OpenSentences > 0)
            leases.Reopen();
        var isDone = leases.IsAllDone && HasOutputs(manifest, journals);
        _planned?.Report(Plan(manifest, survey, journals, isDone));
        if (isDone)
            return Report(manifest, counters, TimeSpan.Zero, outputs: null);
        try
        {
            await GenerateAsync(manifest, journals, leases, counters, cancellationToken).ConfigureAwait(false);
            if (!leases.IsAllDone)
                return Report(manifest with { Outcome = null }, counters, TimeSpan.Zero, outputs: null);
            return await WriteOutputsAsync(manifest, journals, leases, counters, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            throw new SynthesisInterruptedException(_folder.FullPath, counters.Rows, total, e);
        }
        finally
        {
            leases.ReleaseAll();
        }
    }

    /// <summary>Anchors that are cut into so many shards that a few processes share them well, and that a dead one loses little
    /// time.</summary>
    private static int ShardRows(long rows) => (int)Math.Clamp(rows / 64, 16, 4096);

    private RunManifest OpenManifest(RunInput input)
    {
        var identity = RunIdentity.Of(_source, _options, _job, input);
        if (!RunFolder.IsRun(_folder.FullPath))
        {
            var manifest = new RunManifest
            {
                Format = RunManifest.CurrentFormat,
                // the same for all processes that begin the same run at the same time
                RunId = RunIdentity.NameOf(identity),
                Created = DateTimeOffset.UtcNow,
                ToolVersion = _source.ToolVersion,
                Input = input,
                ShardRows = ShardRows(input.Rows),
                Identity = identity,
                Command = _job.Command.Count == 0 ? null
                    : new RunCommand(_job.Command, Path.GetRelativePath(_folder.FullPath, Environment.CurrentDirectory)),
                Prompts = new SortedDictionary<string, string>(
                    _options.Strategy.Templates.ToDictionary(t => t.Key, t => t.Value), StringComparer.Ordinal),
            };
            RunFiles.Publish(_folder.Manifest, manifest.ToBytes());
        }
        var found = RunManifest.Read(_folder.Manifest);
        var differences = RunIdentity.Differences(found.Identity, identity);
        return differences.Count == 0 ? found : throw new InvalidDataException(
            $"{_folder.FullPath} was begun with other options, so it cannot be continued with these:\n  "
            + string.Join("\n  ", differences) + "\nUse the options of before, or another --output. Nothing was changed.");
    }

    private SynthesisPlan Plan(RunManifest manifest, AnchorSurvey survey, RunJournals journals, bool isDone) => new()
    {
        Folder = _folder.FullPath,
        IsContinued = journals.Totals.Answers > 0 || isDone,
        IsComplete = isDone,
        Anchors = manifest.Input.Rows,
        DistinctAnchors = manifest.Input.DistinctAnchors,
        UnusableAnchors = survey.Unusable,
        TooLongAnchors = survey.TooLong,
        Rows = manifest.Input.RowsOf(_job),
        AnswersKept = journals.Totals.Answers,
        ShardRows = manifest.ShardRows,
    };

    private async Task GenerateAsync(
        RunManifest manifest, RunJournals journals, ShardLeases leases, RunCounters counters, CancellationToken cancellationToken)
    {
        var rows = new RunRows(_inputs, manifest, journals, leases, counters, _options, _job);
        if (rows.IsAllDone())
            return;
        var sink = new JournalSink(journals, _source, _options, counters, rows.ShardOf);
        await using var finishing = _job.Finish.Register(() =>
        {
            counters.Stage = SynthesisStage.Finishing;
            counters.Report();
        }).ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _job.Finish);
        // of few rows no process takes so many at a time that nothing is left for the others
        var fair = Math.Max(2L * _source.Generator.PreferredBatchSize, manifest.Input.RowsOf(_job) / 32);
        await new AnswerPump(_source.Generator, _options, fair)
            .RunAsync(rows.ReadAsync(either.Token), sink, _job.Finish, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (!rows.IsAllDone())
            _job.Finish.ThrowIfCancellationRequested();
    }

    private async Task<SynthesisReport> WriteOutputsAsync(
        RunManifest manifest, RunJournals journals, ShardLeases leases, RunCounters counters, CancellationToken cancellationToken)
    {
        counters.Stage = SynthesisStage.Writing;
        counters.Report();
        while (!leases.TryTake(OutputsLease))
            await Task.Delay(_job.LeaseTimeout / 30, cancellationToken).ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        try
        {
            journals.Refresh();
            var now = RunManifest.Read(_folder.Manifest);
            if (HasOutputs(now, journals))
                return Report(now, counters, TimeSpan.Zero, outputs: null);
            if (await _inputs.HashAsync(cancellationToken).ConfigureAwait(false) != manifest.Input.Sha256)
                throw new InvalidDataException($"{_inputs.Path} was changed while the run was going on. Put the old file back and run the "
                    + $"same command again; all answers are kept in {_folder.Journals}.");
            // what the passes over the input have left; the outputs need tables of their own
            GC.Collect();
            var outputs = new RunOutputs(_folder, _inputs, journals, _source, _options, _job);
            var written = await outputs.WriteAsync(now, cancellationToken).ConfigureAwait(false);
            return Report(written, counters, Stopwatch.GetElapsedTime(started), outputs);
        }
        finally
        {
            leases.Release(OutputsLease);
        }
    }

    /// <summary>Whether the outputs are there, and say all that the journals say.</summary>
    private bool HasOutputs(RunManifest manifest, RunJournals journals) => manifest.Outcome is { } outcome
        && outcome.Records == journals.Records && RunVerifier.HasFiles(_folder, outcome);

    private SynthesisReport Report(RunManifest manifest, RunCounters counters, TimeSpan writing, RunOutputs? outputs) => new()
    {
        Folder = _folder.FullPath,
        Output = _folder.Csv ?? _folder.File(RunFolder.Triplets),
        IsComplete = manifest.Outcome is not null,
        Rows = manifest.Input.RowsOf(_job),
        OwnRows = counters.OwnRows,
        Triplets = manifest.Outcome?.Triplets ?? 0,
        Rejected = manifest.Outcome?.Reasons.ToDictionary(r => RejectionReasons.Parse(r.Key), r => r.Value) ?? [],
        RejectedRows = outputs?.FirstRejected ?? [],
        Examples = outputs?.Examples ?? [],
        Elapsed = counters.Elapsed,
        WritingTime = writing,
        Engine = _source.EngineInfo,
        MemoryPlans = _source.MemoryPlans(),
        Statistics = counters.Statistics,
        Truth = outputs?.Truth,
    };
}
