using System.Diagnostics;

namespace XlLoraOnnx.Synthesis;

/// <summary>The end of a run: its outputs, and what is reported of it.</summary>
/// <param name="folder">Of the run; null where it has none.</param>
internal sealed class RunEnd(RunSource source, RunFolder? folder, RunInputs inputs, SynthesisOptions options, SynthesisJobOptions job)
{
    /// <summary>Writes the outputs, unless another has.</summary>
    /// <exception cref="MissingAnswersException">A row has not all its answers, although all shards are finished.</exception>
    public async Task<SynthesisReport> WriteAsync(RunSession run, RunCounters counters, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        await run.Answers.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var manifest = folder is null ? run.Manifest : RunManifest.Read(folder.Manifest);
        if (HasOutputs(manifest, run.Answers))
            return Report(manifest, counters);
        // What the passes over the input have left: the outputs need tables of their own. On a fresh stack, since below this one may be
        // the calls that ended the last row, which would keep theirs.
        await Task.Yield();
        GC.Collect();
        var rows = new DecidedRows(inputs, manifest.Input, run.Answers, folder, options, job);
        if (folder is null)
        {
            var kept = new MemoryOutputs();
            manifest = await kept.CollectAsync(rows, manifest, job.Truth, cancellationToken).ConfigureAwait(false);
            return Report(manifest, counters) with
            {
                WritingTime = Stopwatch.GetElapsedTime(started),
                Results = kept.Results,
                Truth = kept.Truth,
                Examples = kept.Shown.Examples,
                RejectedRows = kept.Shown.Rejected,
            };
        }
        if (options.Strategy is TranslationStrategy translation)
        {
            var translations = new TranslationOutputs(folder, rows, translation);
            manifest = await translations.WriteAsync(manifest, cancellationToken).ConfigureAwait(false);
            return Report(manifest, counters) with
            {
                WritingTime = Stopwatch.GetElapsedTime(started),
                Examples = translations.Shown.Examples,
                RejectedRows = translations.Shown.Rejected,
            };
        }
        var outputs = new RunOutputs(folder, rows, run.Answers, source, options, job);
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
    public bool HasOutputs(RunManifest manifest, RunAnswers answers) => folder is not null && manifest.Outcome is { } outcome
        && outcome.Records == answers.Records && RunVerifier.HasFiles(folder, outcome);

    public SynthesisReport Report(RunManifest manifest, RunCounters counters) => new()
    {
        Folder = folder?.FullPath ?? "",
        Output = folder is null ? "" : folder.Table ?? folder.File(TableOf(manifest)),
        IsComplete = manifest.Outcome is not null,
        Rows = manifest.Input.RowsOf(job),
        OwnRows = counters.OwnRows,
        Triplets = manifest.Outcome?.Triplets ?? 0,
        Rejected = manifest.Outcome?.Reasons.ToDictionary(r => RejectionReasons.Parse(r.Key), r => r.Value) ?? [],
        RejectedRows = [],
        Examples = [],
        Elapsed = counters.Elapsed,
        WritingTime = TimeSpan.Zero,
        Engine = source.EngineInfo,
        MemoryPlans = source.MemoryPlans(),
        Statistics = counters.Statistics,
        Truth = null,
    };

    /// <summary>Name of the table that is shown to people first.</summary>
    private string TableOf(RunManifest manifest) => options.Strategy is TranslationStrategy ? RunFolder.Translations
        : TripletFormats.FileName(OutputTables.Of(folder!, manifest.Outcome)[0]);
}
