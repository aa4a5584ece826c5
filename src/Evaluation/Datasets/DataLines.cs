using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace XlLoraOnnx.Evaluation;

/// <summary>Rows of tables and objects of JSON lines, each with its line; strict UTF-8, nothing guessed, nothing recovered.</summary>
internal static class DataLines
{
    /// <summary>Rows of a table, the header being the first.</summary>
    public static async IAsyncEnumerable<(string[] Fields, long Line)> ReadTableAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = await DataFile.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            await foreach (var row in TableRows.ReadAsync(file, cancellationToken).ConfigureAwait(false))
                yield return (row.Fields, row.Line);
        }
    }

    /// <summary>Rows of a table without quoting: a quote is text.</summary>
    public static async IAsyncEnumerable<(string[] Fields, long Line)> ReadUnquotedAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = await DataFile.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
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

    /// <summary>Objects of JSON lines or of a JSON list; each is gone when the next one is asked for.</summary>
    public static async IAsyncEnumerable<DataObject> ReadJsonAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in JsonRows.ReadAsync(path, cancellationToken).ConfigureAwait(false))
            yield return new DataObject(row.Element, row.Where, row.Number);
    }

    /// <summary>SHA-256 over the files in the given order.</summary>
    public static async Task<string> FingerprintAsync(IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in paths)
        {
            await using var stream = File.OpenRead(path);
            hash.AppendData(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        }
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
