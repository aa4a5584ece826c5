namespace XlLoraOnnx.Synthesis;

/// <summary>The files of a run's outputs while they are written.</summary>
internal sealed class OutputFiles : IDisposable
{
    private readonly RunFolder _folder;
    private readonly OutputFile _csv, _triplets, _receipts, _rejected;
    private readonly SortedDictionary<string, RunFile> _others = new(StringComparer.Ordinal);
    private readonly List<OutputFile> _whole = [];
    private readonly MerkleTree _tree = new();

    public OutputFiles(RunFolder folder, SynthesisOptions options)
    {
        _folder = folder;
        _csv = new OutputFile(folder.File(RunFolder.Triplets));
        _triplets = new OutputFile(folder.File(RunFolder.TripletLines));
        _receipts = new OutputFile(folder.File(RunFolder.Receipts));
        _rejected = new OutputFile(folder.File(RunFolder.Rejected));
        _csv.Write(OutputLines.Csv(OutputLines.Columns(options)));
    }

    public void Write(OutputLines lines)
    {
        _csv.Write(lines.Table);
        _triplets.Write(lines.Triplets);
        _receipts.Write(lines.Receipts);
        _rejected.Write(lines.Rejected);
        foreach (var leaf in lines.Leaves)
            _tree.Add(leaf);
    }

    public void Write(string name, byte[] bytes)
    {
        var file = new OutputFile(_folder.File(name));
        _whole.Add(file);
        file.Write(bytes);
        _others.Add(name, file.Close());
    }

    public async Task WriteReportAsync(RunReportData data, CancellationToken cancellationToken)
    {
        using var page = new MemoryStream();
        await ReportPage.WriteAsync(page, data, cancellationToken).ConfigureAwait(false);
        Write(RunFolder.Report, page.ToArray());
    }

    /// <summary>Gives all files their names.</summary>
    /// <param name="records">That the journals held.</param>
    public RunOutcome Publish(
        RunReportBuilder report, long records, SortedDictionary<string, SortedDictionary<string, string>> contexts)
    {
        foreach (var file in (OutputFile[])[_csv, _triplets, _receipts, _rejected])
        {
            _others.Add(file.Name, file.Close());
            _whole.Add(file);
        }
        foreach (var file in _whole)
            file.Publish();
        _folder.CopyTable(RunFolder.Triplets);
        return new RunOutcome
        {
            Completed = DateTimeOffset.UtcNow,
            Records = records,
            Triplets = report.Triplets,
            Rejected = report.RejectedRows,
            Reasons = new SortedDictionary<string, long>(
                report.Reasons.ToDictionary(r => RejectionReasons.Name(r.Key), r => r.Value), StringComparer.Ordinal),
            MerkleRoot = _tree.Root(),
            Files = _others,
            Contexts = contexts,
        };
    }

    public void Dispose()
    {
        foreach (var file in (OutputFile[])[_csv, _triplets, _receipts, _rejected, .. _whole])
            file.Dispose();
    }
}
