using System.IO.Compression;

namespace XlLoraOnnx.Datasets;

/// <summary>A file of texts or rows, opened and known by its content.</summary>
/// <remarks>What is compressed with gzip is read through it.</remarks>
public sealed class DataFile : IAsyncDisposable
{
    private const int ChunkBytes = 1 << 16, MaxHeadBytes = 1 << 22;

    private readonly Stream _content;

    private DataFile(string path, DataShape shape, Stream content, bool isCompressed) =>
        (Path, Shape, _content, IsCompressed) = (path, shape, content, isCompressed);

    /// <summary>As it was given; <c>-</c> is standard input.</summary>
    public string Path { get; }

    /// <summary>What it holds.</summary>
    public DataShape Shape { get; }

    /// <summary>Whether it is read through gzip.</summary>
    internal bool IsCompressed { get; }

    /// <summary>The content, from its beginning; for one reader.</summary>
    public TextSource Source => new(Path, _content);

    /// <summary>Opens a file and looks at its first line.</summary>
    /// <param name="source">Its stream, where there is one, is closed with the file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not what its ending promises.</exception>
    /// <exception cref="NotSupportedException">It must be unpacked or converted first.</exception>
    public static async Task<DataFile> OpenAsync(TextSource source, CancellationToken cancellationToken = default)
    {
        var raw = source.Content ?? Open(source.Path);
        try
        {
            var head = await HeadAsync(raw, cancellationToken).ConfigureAwait(false);
            Stream content = new HeadStream(head, raw);
            var isCompressed = head.Span.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]);
            if (isCompressed)
            {
                content = raw = new GZipStream(content, CompressionMode.Decompress);
                head = await HeadAsync(content, cancellationToken).ConfigureAwait(false);
                content = new HeadStream(head, content);
            }
            var shape = DataSniffer.Find(head.Span, source.Path);
            return new DataFile(source.Path, shape, content, isCompressed);
        }
        catch
        {
            await raw.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What a file holds.</summary>
    /// <inheritdoc cref="OpenAsync" path="/exception"/>
    public static async Task<DataShape> ShapeAsync(string path, CancellationToken cancellationToken = default)
    {
        var file = await OpenAsync(path, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
            return file.Shape;
    }

    /// <summary>Whether the ending of a name, or that before <c>.gz</c>, is one of tables, JSON or Parquet.</summary>
    public static bool HasKnownEnding(string path) => DataEndings.Known.Contains(DataEndings.Of(path));

    /// <summary>Those endings, for messages.</summary>
    public static IReadOnlyList<string> KnownEndings => DataEndings.Known;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _content.DisposeAsync();

    private static Stream Open(string path)
    {
        if (path == StrictUtf8.StandardInput)
            return Console.OpenStandardInput();
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file {path}.", path);
        var options = new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 };
        return new FileStream(path, options);
    }

    /// <summary>At least the first line that is not blank; all there is, or <see cref="MaxHeadBytes"/>, where no line ends
    /// before.</summary>
    private static async Task<ReadOnlyMemory<byte>> HeadAsync(Stream content, CancellationToken cancellationToken)
    {
        var head = new byte[ChunkBytes];
        int held = 0, read;
        do
        {
            if (held == head.Length)
                Array.Resize(ref head, 2 * head.Length);
            read = await content.ReadAsync(head.AsMemory(held), cancellationToken).ConfigureAwait(false);
            held += read;
        }
        while (read > 0 && held < MaxHeadBytes && !HasLine(head.AsSpan(0, held)));
        return head.AsMemory(0, held);
    }

    private static bool HasLine(ReadOnlySpan<byte> head)
    {
        // the shortest signature that is looked for
        if (head.Length < 16)
            return false;
        var first = head.IndexOfAnyExcept(" \t\r\n\uFEFF"u8);
        return first >= 0 && head[first..].Contains((byte)'\n');
    }
}
