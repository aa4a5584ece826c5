using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Synthesis;

/// <summary>One reading of a file of anchors, from its beginning; not thread-safe, and for one enumeration.</summary>
internal sealed class InputReading : IAsyncDisposable
{
    private const int RestBytes = 1 << 16;

    private readonly string _path;
    private readonly long? _limit;
    private readonly HashedStream _content;
    private string? _sha256;

    public InputReading(string path, long? limit, bool hashes)
    {
        (_path, _limit) = (path, limit);
        var options = new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 };
        _content = new HashedStream(new FileStream(path, options), hashes);
    }

    /// <summary>Bytes of the file.</summary>
    public long Bytes => _content.Length;

    /// <summary>The texts of the anchors, in their order.</summary>
    /// <exception cref="InvalidDataException">The file is malformed, or holds no anchors.</exception>
    public async IAsyncEnumerable<string> TextsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long row = 0;
        await foreach (var text in AnchorReader.TextsAsync(new TextSource(_path, _content), cancellationToken).ConfigureAwait(false))
        {
            if (row++ >= _limit)
                yield break;
            yield return text;
        }
    }

    /// <summary>The anchors with their keys.</summary>
    /// <param name="occurrences">Counts them.</param>
    public async IAsyncEnumerable<KeyedAnchor> AnchorsAsync(
        AnchorOccurrences occurrences, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long row = 0;
        await foreach (var text in TextsAsync(cancellationToken).ConfigureAwait(false))
        {
            var key = occurrences.Next(text, out var occurrence);
            yield return new KeyedAnchor(row++, key, occurrence, text);
        }
    }

    /// <summary>SHA-256 of the whole file; reads what is left of it.</summary>
    public async Task<string> Sha256Async(CancellationToken cancellationToken)
    {
        if (_sha256 is not null)
            return _sha256;
        var rest = new byte[RestBytes];
        while (await _content.ReadAsync(rest, cancellationToken).ConfigureAwait(false) > 0)
        {
            // the hash is taken on the way
        }
        return _sha256 = _content.Sha256();
    }

    public ValueTask DisposeAsync() => _content.CloseAsync();
}
