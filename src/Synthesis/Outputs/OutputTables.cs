namespace XlLoraOnnx.Synthesis;

/// <summary>Which tables of triplets a run folder has.</summary>
internal static class OutputTables
{
    /// <summary>The tables that a run folder gets. The one that its card names comes first; JSON lines, which receipts belong to, are
    /// always among them.</summary>
    /// <param name="before">What came of the run before; null where it has no outputs yet.</param>
    /// <remarks>What somebody else asked for stays there and stays true: it is written again with the others.</remarks>
    public static IReadOnlyList<TripletFormat> Of(RunFolder folder, RunOutcome? before)
    {
        bool IsThere(TripletFormat format) =>
            before?.Files.ContainsKey(TripletFormats.FileName(format)) ?? File.Exists(folder.File(TripletFormats.FileName(format)));
        List<TripletFormat> tables = folder.Format is { } asked ? [asked] : [];
        tables.AddRange(((TripletFormat[])[TripletFormat.Parquet, TripletFormat.Csv]).Where(IsThere));
        if (tables.Count == 0 && before is null)
            tables.Add(TripletFormat.Csv);
        return [.. tables.Append(TripletFormat.JsonLines).Distinct()];
    }
}
