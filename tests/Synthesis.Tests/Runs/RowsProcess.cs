namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>What one process of a run has around its rows.</summary>
internal sealed class RowsProcess : IAsyncDisposable
{
    public const int ShardRows = 10;

    private readonly ScriptedGenerator _generator = ScriptedSource.Generator();
    private readonly FolderAnswerLog _log;
    private readonly ClaimRenewal _renewal;
    private readonly int _context;

    public RowsProcess(TemporaryFolder folder, int anchors, SynthesisOptions options,
        Func<SynthesisJobOptions, SynthesisJobOptions>? job = null, string? input = null)
    {
        if (input is null && !File.Exists(folder.File("anchors.txt")))
            folder.Write("anchors.txt", string.Concat(Enumerable.Range(0, anchors).Select(i => $"anchor {i}\n")));
        var path = folder.File(input ?? "anchors.txt");
        _log = FolderAnswerLog.Open(folder.Path, JournalAnswers.RunId);
        Answers = new RunAnswers(_log, anchors);
        _context = Answers.AddContext(JournalAnswers.Facts);
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
        var leases = new LeaseOptions { Timeout = TimeSpan.FromSeconds(1) };
        Leases = new ShardLeases(folder.Path, manifest.Shards, _log.Owner, leases);
        _renewal = new ClaimRenewal(Leases, leases);
        Counters = new RunCounters(ScriptedSource.Of(_generator), anchors, progress: null);
        var made = new SynthesisJobOptions { Input = path, Output = folder.Path, Synthesis = options };
        Rows = new RunRows(
            new RunInputs(path, null, null), manifest, Answers, Leases, Counters, options, job?.Invoke(made) ?? made, leases.PollInterval);
    }

    public RunAnswers Answers { get; }

    public ShardLeases Leases { get; }

    public RunCounters Counters { get; }

    public RunRows Rows { get; }

    public void Answer(int anchor, SynthesisSide side, RejectionReason? reason, int attempt = 0) => Answers.Append(new JournalAnswer
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
    public async Task SettleAsync(RowWork row)
    {
        Counters.Settled(row);
        await Rows.ShardOf(row.Row).EndAsync();
    }

    public Task<bool> AreAllDoneAsync(SynthesisShard? part = null) => Rows.AreAllDoneAsync(part, CancellationToken.None).AsTask();

    public async Task<List<RowWork>> DoAllAsync()
    {
        List<RowWork> rows = [];
        await foreach (var row in Rows.ReadAsync(CancellationToken.None))
        {
            if (row is null)
                continue;
            rows.Add(row);
            await SettleAsync(row);
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        _renewal.Dispose();
        Leases.Dispose();
        await _log.DisposeAsync();
        _generator.Dispose();
    }
}
