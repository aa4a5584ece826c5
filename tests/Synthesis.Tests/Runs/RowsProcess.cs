namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>What one process of a run has around its rows.</summary>
internal sealed class RowsProcess : IDisposable
{
    public const int ShardRows = 10;

    private readonly ScriptedGenerator _generator = ScriptedSource.Generator();
    private readonly int _context;

    public RowsProcess(TemporaryFolder folder, int anchors, SynthesisOptions options,
        Func<SynthesisJobOptions, SynthesisJobOptions>? job = null, string? input = null)
    {
        if (input is null && !File.Exists(folder.File("anchors.txt")))
            folder.Write("anchors.txt", string.Concat(Enumerable.Range(0, anchors).Select(i => $"anchor {i}\n")));
        var path = folder.File(input ?? "anchors.txt");
        Journals = new RunJournals(folder.Path, anchors);
        Journals.Begin(JournalAnswers.RunId);
        _context = Journals.AddContext(JournalAnswers.Facts);
        var manifest = new RunManifest
        {
            Format = RunManifest.CurrentFormat,
            RunId = JournalAnswers.RunId,
            Created = DateTimeOffset.UnixEpoch,
            ToolVersion = "0",
            Input = new RunInput(path, 1, "", anchors, anchors),
            ShardRows = ShardRows,
            Identity = [],
            Prompts = [],
        };
        Leases = new ShardLeases(
            folder.Path, manifest.Shards, Journals.Owner!, new LeaseOptions { Timeout = TimeSpan.FromSeconds(1) });
        Counters = new RunCounters(ScriptedSource.Of(_generator), anchors, progress: null);
        var made = new SynthesisJobOptions { Input = path, Output = folder.Path, Synthesis = options };
        Rows = new RunRows(new RunInputs(path, null), manifest, Journals, Leases, Counters, options, job?.Invoke(made) ?? made);
    }

    public RunJournals Journals { get; }

    public ShardLeases Leases { get; }

    public RunCounters Counters { get; }

    public RunRows Rows { get; }

    public void Answer(int anchor, SynthesisSide side, RejectionReason? reason, int attempt = 0) => Journals.Append(new JournalAnswer
    {
        Key = RowKey.Of($"anchor {anchor}"),
        Side = side,
        Attempt = attempt,
        Context = _context,
        Finish = FinishReason.Stop,
        Text = "text",
        Reason = reason,
        Detail = reason is null ? null : "because",
    });

    /// <summary>As the pump does when nothing more comes for a row.</summary>
    public void Settle(RowWork row)
    {
        Counters.Settled(row);
        Rows.ShardOf(row.Row).End();
    }

    public async Task<List<RowWork>> DoAllAsync()
    {
        List<RowWork> rows = [];
        await foreach (var row in Rows.ReadAsync(CancellationToken.None))
        {
            if (row is null)
                continue;
            rows.Add(row);
            Settle(row);
        }

        return rows;
    }

    public void Dispose()
    {
        Leases.Dispose();
        Journals.Dispose();
        _generator.Dispose();
    }
}
