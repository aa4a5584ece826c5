namespace XlLoraOnnx.Synthesis;

/// <summary>The file of anchors of a run.</summary>
/// <remarks>
/// A run reads it three times: for its keys, counts and hash before anything is written; for the rows to be generated; and for the outputs,
/// which have the anchors in them, in the order of the input, when all rows are decided. To keep them instead would take the memory of the
/// file, and the journals have keys, not anchors.
/// </remarks>
/// <param name="limit">Only the first anchors; null for all.</param>
internal sealed class RunInputs(string path, long? limit)
{
    public string Path => path;

    /// <summary>Begins to read; opens the file, once.</summary>
    /// <param name="hashes">Whether <see cref="InputReading.Sha256Async"/> will be asked for.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public InputReading Open(bool hashes = false)
    {
        AnchorReader.Check(path);
        return new InputReading(path, limit, hashes);
    }
}
