namespace XlLoraOnnx.Synthesis;

/// <summary>The anchors of a run: a file, or several that are one.</summary>
/// <remarks>
/// A run reads it three times: for its keys, counts and hash before anything is written; for the rows to be generated; and for the outputs,
/// which have the anchors in them, in the order of the input, when all rows are decided. To keep them instead would take the memory of the
/// file, and the journals have keys, not anchors.
/// </remarks>
/// <param name="split">Of a folder with several; null where it has one.</param>
/// <param name="limit">Only the first anchors; null for all.</param>
/// <param name="column">That has the anchors; null for that of triplets.</param>
internal sealed class RunInputs(string path, string? split, long? limit, InputColumn? column = null)
{
    public string Path => path;

    /// <summary>Begins to read; each file is opened once, when its turn comes.</summary>
    /// <param name="hashes">Whether <see cref="InputReading.Sha256Async"/> will be asked for.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or a shard is missing.</exception>
    public InputReading Open(bool hashes = false) => new(Dataset.Open(path, split), limit, column ?? InputColumn.Anchors, hashes);
}

/// <summary>Which column of a file the anchors are in.</summary>
/// <param name="Named">As somebody named it; null where nobody did.</param>
/// <param name="Default">Of tables and objects where nobody named one.</param>
internal readonly record struct InputColumn(string? Named, string Default)
{
    public static InputColumn Anchors { get; } = new(null, TripletColumns.Anchor);
}
