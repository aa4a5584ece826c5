namespace XlLoraOnnx.Datasets;

/// <summary>What the ending of a name promises.</summary>
internal static class DataEndings
{
    private const string Compressed = ".gz";

    /// <summary>In the order of messages.</summary>
    public static IReadOnlyList<string> Known { get; } =
        [".csv", ".tsv", ".tab", ".jsonl", ".jsonlines", ".ndjson", ".json", ".parquet"];

    /// <summary>In lower case, without that of compression; empty where there is none.</summary>
    public static string Of(string path) => Path.GetExtension(Uncompressed(path)).ToLowerInvariant();

    /// <summary>The name without the ending of compression.</summary>
    public static string Uncompressed(string path) =>
        path.EndsWith(Compressed, StringComparison.OrdinalIgnoreCase) ? path[..^Compressed.Length] : path;

    /// <summary>Null where the ending promises nothing.</summary>
    public static DataKind? Promise(string path) => Of(path) switch
    {
        ".parquet" => DataKind.Parquet,
        ".jsonl" or ".jsonlines" or ".ndjson" or ".json" => DataKind.JsonLines,
        ".csv" or ".tsv" or ".tab" => DataKind.Table,
        "" => null,
        _ => DataKind.PlainText,
    };
}
