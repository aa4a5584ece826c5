using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Synthesis;

/// <summary>One reading of a file of anchors, or of several that are one.</summary>
/// <param name="limit">Only the first anchors; null for all.</param>
/// <param name="columns">With the anchors, and their languages.</param>
/// <param name="hashes">Whether <see cref="Sha256Async"/> will be asked for.</param>
internal sealed class FileReading(Dataset dataset, long? limit, bool hashes, InputColumns columns) : InputReading
{
    private const int RestBytes = 1 << 16;

    private readonly List<string> _sha256 = [];
    private HashedStream? _content;

    /// <summary>Of all files.</summary>
    public override long Bytes { get; } = dataset.Files.Sum(f => new FileInfo(f).Length);

    /// <exception cref="InvalidDataException">A file is malformed, a row has no language, or there are no anchors.</exception>
    public override async IAsyncEnumerable<InputRow> RowsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long row = 0;
        var rows = AnchorReader.RowsAsync(dataset, columns, path => OpenAsync(path, cancellationToken), cancellationToken);
        await foreach (var read in rows.ConfigureAwait(false))
        {
            if (row++ >= limit)
                yield break;
            yield return read;
        }
    }

    /// <summary>Of the whole file, whatever of it was read; of several, that of their names and hashes, a line each.</summary>
    public override async Task<string> Sha256Async(CancellationToken cancellationToken)
    {
        if (!hashes)
            throw new InvalidOperationException("This input was opened without a hash.");
        if (_content is not null)
            await EndAsync(cancellationToken).ConfigureAwait(false);
        while (_sha256.Count < dataset.Files.Count)
        {
            Begin(dataset.Files[_sha256.Count]);
            await EndAsync(cancellationToken).ConfigureAwait(false);
        }
        if (_sha256 is [var only])
            return only;
        var lines = dataset.Files.Zip(_sha256, (file, sha256) => $"{sha256}  {Path.GetFileName(file)}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines))));
    }

    public override async ValueTask DisposeAsync()
    {
        if (_content is not null)
            await _content.CloseAsync().ConfigureAwait(false);
    }

    /// <summary>The next file on its way through its hash; the one before it is read to its end.</summary>
    private async ValueTask<TextSource> OpenAsync(string path, CancellationToken cancellationToken)
    {
        if (_content is not null)
            await EndAsync(cancellationToken).ConfigureAwait(false);
        return new TextSource(path, Begin(path));
    }

    private HashedStream Begin(string path)
    {
        var options = new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 };
        return _content = new HashedStream(new FileStream(path, options), hashes);
    }

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        if (hashes)
        {
            var rest = new byte[RestBytes];
            while (await _content!.ReadAsync(rest, cancellationToken).ConfigureAwait(false) > 0)
            {
                // the hash is taken on the way
            }
            _sha256.Add(_content.Sha256());
        }
        await _content!.CloseAsync().ConfigureAwait(false);
        _content = null;
    }
}
