namespace XlLoraOnnx.Synthesis;

/// <summary>How a table of triplets is written.</summary>
internal enum TripletFormat
{
    /// <summary>RFC 4180, with a header.</summary>
    Csv,

    /// <summary>A JSON object a line.</summary>
    JsonLines,

    /// <summary>Apache Parquet: columns of strings.</summary>
    Parquet,
}

/// <summary>Which tables of triplets there are, by the names that people give.</summary>
internal static class TripletFormats
{
    /// <summary>Name of the table in a run folder.</summary>
    public static string FileName(TripletFormat format) => format switch
    {
        TripletFormat.Parquet => RunFolder.TripletParquet,
        TripletFormat.JsonLines => RunFolder.TripletLines,
        _ => RunFolder.Triplets,
    };

    /// <summary>What the ending of a path asks for.</summary>
    /// <returns>Null where the ending is none of data.</returns>
    /// <exception cref="ArgumentException">It is one of data that triplets are not written as.</exception>
    public static TripletFormat? Of(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" => TripletFormat.Csv,
        ".jsonl" or ".jsonlines" or ".ndjson" => TripletFormat.JsonLines,
        ".parquet" => TripletFormat.Parquet,
        _ when DataFile.HasKnownEnding(path) => throw new ArgumentException(
            $"{path}: triplets are written as .csv, .jsonl or .parquet; give the output one of these endings."),
        _ => null,
    };

    /// <summary>The tables that a run folder gets. The one that its card names comes first; JSON lines, which receipts belong to, are
    /// always among them.</summary>
    /// <param name="before">What came of the run before; null where it has no outputs yet.</param>
    /// <remarks>What somebody else asked for stays there and stays true: it is written again with the others.</remarks>
    public static IReadOnlyList<TripletFormat> Of(RunFolder folder, RunOutcome? before)
    {
        bool IsThere(TripletFormat format) => before?.Files.ContainsKey(FileName(format)) ?? File.Exists(folder.File(FileName(format)));
        List<TripletFormat> tables = folder.Format is { } asked ? [asked] : [];
        tables.AddRange(((TripletFormat[])[TripletFormat.Parquet, TripletFormat.Csv]).Where(IsThere));
        if (tables.Count == 0 && before is null)
            tables.Add(TripletFormat.Csv);
        return [.. tables.Append(TripletFormat.JsonLines).Distinct()];
    }
}
