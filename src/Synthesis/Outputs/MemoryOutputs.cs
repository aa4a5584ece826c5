namespace XlLoraOnnx.Synthesis;

/// <summary>The rows of a run that has no folder.</summary>
internal sealed class MemoryOutputs
{
    private readonly List<SynthesisResult> _results = [];

    /// <summary>Every row, in the order of the input.</summary>
    public IReadOnlyList<SynthesisResult> Results => _results;

    public ShownRows Shown { get; private set; } = new(1);

    /// <summary>How many triplets are right; null where there is no ground truth.</summary>
    public GroundTruthReport? Truth { get; private set; }

    /// <returns>The manifest, with what came of the run.</returns>
    public async Task<RunManifest> CollectAsync(
        DecidedRows rows, RunManifest manifest, GroundTruth? truth, CancellationToken cancellationToken)
    {
        Shown = new ShownRows(manifest.Input.Rows);
        var right = truth is null ? null : new TruthCounts(truth);
        var reasons = new SortedDictionary<string, long>(StringComparer.Ordinal);
        await foreach (var batch in rows.BatchesAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var row in batch)
            {
                _results.Add(row.Result());
                Shown.Add(row);
                right?.Add(row);
                if (row.Rejected is { } rejected)
                {
                    var name = RejectionReasons.Name(rejected.Reason);
                    reasons[name] = reasons.GetValueOrDefault(name) + 1;
                }
            }
        }
        Truth = right?.Report();
        var refused = reasons.Values.Sum();
        return manifest with
        {
            Outcome = new RunOutcome
            {
                Completed = DateTimeOffset.UtcNow,
                Records = rows.Records,
                Triplets = _results.Count - refused,
                Rejected = refused,
                Reasons = reasons,
                MerkleRoot = "",
                Files = [],
                Contexts = rows.Contexts,
            },
        };
    }
}
