namespace XlLoraOnnx.Synthesis;

/// <summary>The anchors of a run: a file, or several that are one.</summary>
/// <remarks>
/// A run reads it three times: for its keys, counts and hash before anything is written; for the rows to be generated; and for the outputs,
/// which have the anchors in them, in the order of the input, when all rows are decided. To keep them instead would take the memory of the
/// file, and the journals have keys, not anchors.
/// </remarks>
/// <param name="split">Of a folder with several; null where it has one.</param>
/// <param name="limit">Only the first anchors; null for all.</param>
/// <param name="columns">With the anchors, and their languages; null for the anchors alone.</param>
internal sealed class RunInputs(string path, string? split, long? limit, InputColumns? columns = null)
{
    public string Path => path;

    /// <summary>Begins to read; each file is opened once, when its turn comes.</summary>
    /// <param name="hashes">Whether <see cref="InputReading.Sha256Async"/> will be asked for.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or a shard is missing.</exception>
    public InputReading Open(bool hashes = false) =>
        new(Dataset.Open(path, split), limit, hashes, columns ?? InputColumns.Anchors());
}

/// <summary>Which columns of a file the anchors and their languages are in.</summary>
/// <param name="Named">Of the anchors, as somebody named it; null where nobody did.</param>
/// <param name="Default">Of tables and objects where nobody named one.</param>
/// <param name="Language">With the language of each row; null where rows have none.</param>
internal readonly record struct InputColumns(string? Named, string Default, string? Language = null)
{
    public static InputColumns Anchors(string? language = null) => new(null, TripletColumns.Anchor, language);
}
