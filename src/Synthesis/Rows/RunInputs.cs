using System.Runtime.CompilerServices;

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
/// <param name="shared">What is read instead, where there is no such file; null to read the file.</param>
internal sealed class RunInputs(string path, string? split, long? limit, InputColumns? columns = null, SharedInput? shared = null)
{
    public string Path => path;

    /// <summary>Begins to read; each file is opened once, when its turn comes.</summary>
    /// <param name="hashes">Whether <see cref="InputReading.Sha256Async"/> will be asked for.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or a shard is missing.</exception>
    public InputReading Open(bool hashes = false) => shared is not null ? new SharedReading(shared)
        : new FileReading(Dataset.Open(path, split), limit, hashes, columns ?? InputColumns.Anchors());

    /// <summary>These; where there is no such file, what a process that has it has stored.</summary>
    /// <param name="find">Finds that, or waits for it; null where nothing is stored.</param>
    /// <param name="place">Where it would be, for the message.</param>
    /// <exception cref="FileNotFoundException">None has.</exception>
    public async ValueTask<RunInputs> OrSharedAsync(
        Func<CancellationToken, ValueTask<SharedInput?>>? find, string? place, CancellationToken cancellationToken)
    {
        if (find is null || File.Exists(path) || Directory.Exists(path))
            return this;
        var found = await find(cancellationToken).ConfigureAwait(false) ?? throw new FileNotFoundException(
            $"There is no {path}, and {place} has no rows of it, which the first process that has the file stores there. Start one "
            + "where the file is, or mend the path.");
        return new RunInputs(path, split, limit, columns, found);
    }

    /// <summary>The rows for processes without the file, with what they were when they were surveyed; null if this one has it from others
    /// itself.</summary>
    /// <exception cref="InvalidDataException">While they are read: the file was changed since.</exception>
    public SharedInput? ToShare(string sha256, long bytes, long rows) => shared is not null ? null : new SharedInput
    {
        Sha256 = sha256,
        Bytes = bytes,
        Rows = rows,
        ReadAsync = token => UnchangedAsync(sha256, token),
    };

    private async IAsyncEnumerable<InputRow> UnchangedAsync(string sha256, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reading = Open(hashes: true);
        await using (reading.ConfigureAwait(false))
        {
            await foreach (var row in reading.RowsAsync(cancellationToken).ConfigureAwait(false))
                yield return row;
            if (await reading.Sha256Async(cancellationToken).ConfigureAwait(false) != sha256)
                throw new InvalidDataException($"{path} was changed while it was read. Run the same command again.");
        }
    }
}

/// <summary>Which columns of a file the anchors and their languages are in.</summary>
/// <param name="Named">Of the anchors, as somebody named it; null where nobody did.</param>
/// <param name="Default">Of tables and objects where nobody named one.</param>
/// <param name="Language">With the language of each row; null where rows have none.</param>
internal readonly record struct InputColumns(string? Named, string Default, string? Language = null)
{
    public static InputColumns Anchors(string? language = null) => new(null, TripletColumns.Anchor, language);
}
