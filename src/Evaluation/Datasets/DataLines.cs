using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace XlLoraOnnx.Evaluation;

/// <summary>Rows of tables and objects of JSON lines, each with its line; strict UTF-8, nothing guessed, nothing recovered.</summary>
internal static class DataLines
{
    /// <summary>What a file holds, or the first of several shards.</summary>
    public static Task<DataShape> ShapeAsync(string path, CancellationToken cancellationToken) =>
        DataFile.ShapeAsync(Dataset.Open(path).Files[0], cancellationToken);

    /// <summary>Rows of a table, the header being the first; of several shards, the headers of the others are left out.</summary>
    public static IAsyncEnumerable<(string[] Fields, long Line)> ReadTableAsync(string path, CancellationToken cancellationToken) =>
        ReadAllAsync(path, RowsAsync, cancellationToken);

    /// <summary>Rows of a table without quoting: a quote is text.</summary>
    public static IAsyncEnumerable<(string[] Fields, long Line)> ReadUnquotedAsync(string path, CancellationToken cancellationToken) =>
        ReadAllAsync(path, UnquotedAsync, cancellationToken);

    /// <summary>Rows of JSON lines, a JSON list or Parquet as objects; each is gone when the next one is asked for.</summary>
    public static async IAsyncEnumerable<DataObject> ReadJsonAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in JsonRows.ReadAsync(path, cancellationToken).ConfigureAwait(false))
            yield return new DataObject(row.Element, row.Where, row.Number);
    }

    /// <summary>SHA-256 over the files in the given order, shards of one name in theirs.</summary>
    public static async Task<string> FingerprintAsync(IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in paths.SelectMany(p => Dataset.Open(p).Files))
        {
            await using var stream = File.OpenRead(path);
            hash.AppendData(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        }
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async IAsyncEnumerable<(string[] Fields, long Line)> ReadAllAsync(string path,
        Func<DataFile, CancellationToken, IAsyncEnumerable<(string[] Fields, long Line)>> read,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string[]? first = null;
        foreach (var part in Dataset.Open(path).Files)
        {
            var isFirstRow = true;
            var file = await DataFile.OpenAsync(part, cancellationToken).ConfigureAwait(false);
            await using (file.ConfigureAwait(false))
            {
                await foreach (var row in read(file, cancellationToken).ConfigureAwait(false))
                {
                    if (!isFirstRow || first is null || !row.Fields.SequenceEqual(first))
                        yield return row;
                    first ??= row.Fields;
                    isFirstRow = false;
                }
            }
        }
    }

    private static async IAsyncEnumerable<(string[] Fields, long Line)> RowsAsync(
        DataFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in TableRows.ReadAsync(file, cancellationToken).ConfigureAwait(false))
            yield return (row.Fields, row.Line);
    }

    private static async IAsyncEnumerable<(string[] Fields, long Line)> UnquotedAsync(
        DataFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long number = 0;
        await foreach (var line in StrictUtf8.ReadLinesAsync(file.Source, cancellationToken).ConfigureAwait(false))
        {
            number++;
            if (line.Length > 0)
                yield return (line.Split('\t'), number);
        }
    }
}
