using System.Text;

namespace XlLoraOnnx.Synthesis;

/// <summary>The outputs of a run that is done, as files of its folder.</summary>
internal sealed class RunOutputs(
    RunFolder folder, DecidedRows rows, RunAnswers answers, RunSource source, SynthesisOptions options, SynthesisJobOptions job)
{
    private const int BlockRows = 128;

    private readonly OutputLines[] _blocks = [.. Enumerable.Range(0, DecidedRows.MaxRows / BlockRows).Select(_ => new OutputLines())];

    public ShownRows Shown { get; private set; } = new(1);

    /// <summary>How many triplets are right; null where there is no ground truth.</summary>
    public GroundTruthReport? Truth { get; private set; }

    /// <summary>Writes all outputs beside the old ones, then gives them their names, then describes them in run.json.</summary>
    /// <exception cref="InvalidDataException">A row has no answer, although its shard is done; or the input was changed.</exception>
    /// <exception cref="IOException">A file cannot be written; those that were there before stay.</exception>
    public async Task<RunManifest> WriteAsync(RunManifest manifest, CancellationToken cancellationToken)
    {
        Shown = new ShownRows(manifest.Input.Rows);
        var report = new RunReportBuilder(manifest, source, options, job);
        var formats = OutputTables.Of(folder, manifest.Outcome);
        using var files = new OutputFiles(folder, options, formats);
        var writing = Task.CompletedTask;
        try
        {
            await foreach (var batch in rows.BatchesAsync(cancellationToken).ConfigureAwait(false))
            {
                // the next rows are checked while these are written, each in their order
                await writing.ConfigureAwait(false);
                writing = Task.Run(() => Write(batch, files, report), CancellationToken.None);
            }
            await writing.ConfigureAwait(false);
        }
        finally
        {
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var block in _blocks)
                block.Dispose();
        }
        Truth = report.Truth;
        var data = report.Build(answers.Totals, rows.Checks) with { Tables = [.. formats.Select(TripletFormats.FileName)] };
        files.Write(RunFolder.Card, Encoding.UTF8.GetBytes(DatasetCard.Render(data)));
        await files.WriteReportAsync(data, cancellationToken).ConfigureAwait(false);
        var written = manifest with { Outcome = files.Publish(report, rows.Records, rows.Contexts) };
        RunFiles.Replace(folder.Manifest, written.ToBytes(), durable: true);
        return written;
    }

    private void Write(OutputRow[] batch, OutputFiles files, RunReportBuilder report)
    {
        var languages = new LanguageGuess[batch.Length];
        Parallel.For(0, _blocks.Length, block =>
        {
            _blocks[block].Clear();
            for (var i = block * BlockRows; i < Math.Min(batch.Length, (block + 1) * BlockRows); i++)
            {
                languages[i] = LanguageIdentifier.Identify(batch[i].Anchor.Text);
                _blocks[block].Add(batch[i]);
            }
        });
        foreach (var block in _blocks)
            files.Write(block);
        for (var i = 0; i < batch.Length; i++)
        {
            report.Add(batch[i], languages[i]);
            Shown.Add(batch[i]);
        }
    }
}
