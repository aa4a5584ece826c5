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
        TripletFormat.Parquet => "triplets.parquet",
        TripletFormat.JsonLines => "triplets.jsonl",
        _ => "triplets.csv",
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
}
