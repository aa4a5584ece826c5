namespace XlLoraOnnx.Synthesis;

/// <summary>The files of a run's outputs while they are written.</summary>
internal sealed class OutputFiles : IDisposable
{
    private readonly RunFolder _folder;
    private readonly TripletFile[] _tables;
    private readonly OutputFile _receipts, _rejected;
    private readonly SortedDictionary<string, RunFile> _written = new(StringComparer.Ordinal);
    private readonly List<OutputFile> _whole = [];
    private readonly MerkleTree _tree = new();

    public OutputFiles(RunFolder folder, SynthesisOptions options, IReadOnlyList<TripletFormat> formats)
    {
        _folder = folder;
        var columns = OutputLines.Columns(options);
        _tables = [.. formats.Select(f => new TripletFile(folder.File(TripletFormats.FileName(f)), f, columns))];
        _receipts = new OutputFile(folder.File(RunFolder.Receipts));
        _rejected = new OutputFile(folder.File(RunFolder.Rejected));
    }

    public void Write(OutputLines lines)
    {
        foreach (var table in _tables)
            table.Write(lines);
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
        _written.Add(name, file.Close());
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
        foreach (var triplets in _tables)
            AddWhole(triplets.File, triplets.Close());
        AddWhole(_receipts, _receipts.Close());
        AddWhole(_rejected, _rejected.Close());
        foreach (var file in _whole)
            file.Publish();
        _folder.CopyTable(TripletFormats.FileName);
        return new RunOutcome
        {
            Completed = DateTimeOffset.UtcNow,
            Records = records,
            Triplets = report.Triplets,
            Rejected = report.RejectedRows,
            Reasons = new SortedDictionary<string, long>(
                report.Reasons.ToDictionary(r => RejectionReasons.Name(r.Key), r => r.Value), StringComparer.Ordinal),
            MerkleRoot = _tree.Root(),
            Files = _written,
            Contexts = contexts,
        };
    }

    public void Dispose()
    {
        foreach (var table in _tables)
            table.Dispose();
        foreach (var file in (OutputFile[])[_receipts, _rejected, .. _whole])
            file.Dispose();
    }

    private void AddWhole(OutputFile file, RunFile written)
    {
        _written.Add(file.Name, written);
        _whole.Add(file);
    }
}
