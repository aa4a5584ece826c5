namespace XlLoraOnnx.Synthesis;

/// <summary>The outputs of a run of translations that is done: a line for each text of the input, in its order, whatever became of
/// it.</summary>
internal sealed class TranslationOutputs(RunFolder folder, DecidedRows rows, TranslationStrategy strategy)
{
    public ShownRows Shown { get; private set; } = new(1);

    /// <summary>Writes all outputs beside the old ones, then gives them their names, then describes them in run.json.</summary>
    /// <exception cref="InvalidDataException">A row has no answer, although its shard is done; or the input was changed.</exception>
    /// <exception cref="IOException">A file cannot be written; those that were there before stay.</exception>
    public async Task<RunManifest> WriteAsync(RunManifest manifest, CancellationToken cancellationToken)
    {
        Shown = new ShownRows(manifest.Input.Rows);
        var reasons = new SortedDictionary<string, long>(StringComparer.Ordinal);
        using var files = new TranslationFiles(folder, strategy);
        List<OutputRow> line = [];
        await foreach (var batch in rows.BatchesAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var row in batch)
            {
                // a blank text has a blank translation
                if (row.Rejected is { Reason: RejectionReason.EmptyAnchor })
                    row.Rejected = null;
                else
                    Shown.Add(row);
                if (row.Rejected is { } rejected)
                {
                    var name = RejectionReasons.Name(rejected.Reason);
                    reasons[name] = reasons.GetValueOrDefault(name) + 1;
                }
                line.Add(row);
                if (line.Count < strategy.Targets.Count)
                    continue;
                files.Write(line);
                line.Clear();
            }
        }
        var written = manifest with
        {
            Outcome = files.Publish() with
            {
                Records = rows.Records,
                Reasons = reasons,
                Rejected = reasons.Values.Sum(),
                Contexts = rows.Contexts,
            },
        };
        RunFiles.Replace(folder.Manifest, written.ToBytes(), durable: true);
        return written;
    }
}
