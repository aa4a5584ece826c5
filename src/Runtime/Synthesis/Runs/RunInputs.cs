using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace XlLoraOnnx.Runtime;

/// <summary>The anchors of a run in the order of its input, each with its key.</summary>
internal sealed class RunInputs(string path, long? limit)
{
    public string Path => path;

    /// <summary>Reads everything once: a mistake in the last row of a long file should not cost a night.</summary>
    /// <exception cref="InvalidDataException">The file is malformed, or holds no anchors.</exception>
    public async Task<RunInput> SurveyAsync(CancellationToken cancellationToken)
    {
        long rows = 0;
        var occurrences = new AnchorOccurrences();
        await foreach (var anchor in ReadAsync(occurrences, cancellationToken).ConfigureAwait(false))
            rows = anchor.Row + 1;
        return new RunInput(path, new FileInfo(path).Length, await HashAsync(cancellationToken).ConfigureAwait(false), rows,
            occurrences.Distinct);
    }

    /// <summary>SHA-256 of the file as it is now.</summary>
    public async Task<string> HashAsync(CancellationToken cancellationToken)
    {
        var stream = File.OpenRead(path);
        await using (stream.ConfigureAwait(false))
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
    }

    public async IAsyncEnumerable<KeyedAnchor> ReadAsync(
        AnchorOccurrences occurrences, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var anchors = AnchorReader.ReadAsync(path, cancellationToken);
        await foreach (var anchor in anchors.ConfigureAwait(false))
        {
            if (anchor.RowId >= limit)
                yield break;
            var key = occurrences.Next(anchor.Sent0, out var occurrence);
            yield return new KeyedAnchor(anchor.RowId, key, occurrence, anchor.Sent0);
        }
    }
}

/// <param name="Row">0-based index in the input.</param>
/// <param name="Occurrence">How often this text came before.</param>
internal readonly record struct KeyedAnchor(long Row, RowKey Key, long Occurrence, string Text);
