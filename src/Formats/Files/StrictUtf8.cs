using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;

namespace XlLoraOnnx.Formats;

/// <summary>Text files as UTF-8 and nothing else: a byte order mark is skipped, an invalid byte is an error with its place.</summary>
public static class StrictUtf8
{
    private const int BufferSize = 1 << 16;

    /// <summary>The name of standard input.</summary>
    public const string StandardInput = "-";

    public static StreamReader Open(string path)
    {
        if (path == StandardInput)
            return Open(Console.OpenStandardInput());
        var options = new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 };
        return Open(new FileStream(path, options));
    }

    /// <param name="content">Closed with the reader.</param>
    public static StreamReader Open(Stream content) =>
        // No detection by byte order mark: a UTF-16 file must fail, not be decoded by luck.
        new(content, new UTF8Encoding(true, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false, BufferSize);

    /// <summary>Lines ended by LF or CRLF; a carriage return elsewhere is text, and the last line needs no end.</summary>
    public static async IAsyncEnumerable<string> ReadLinesAsync(
        TextSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = source.Open();
        var buffer = new char[BufferSize / 2];
        var line = new StringBuilder();
        int read;
        while ((read = await ReadAsync(reader, buffer, source.Path, cancellationToken)) > 0)
        {
            int start = 0;
            for (int end; (end = Array.IndexOf(buffer, '\n', start, read - start)) >= 0; start = end + 1)
            {
                line.Append(buffer, start, end - start);
                yield return Take(line);
            }

            line.Append(buffer, start, read - start);
        }

        if (line.Length > 0)
            yield return Take(line);
    }

    private static async ValueTask<int> ReadAsync(
        StreamReader reader, char[] buffer, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(buffer, cancellationToken);
        }
        catch (DecoderFallbackException e)
        {
            throw InvalidBytes(path, e);
        }
    }

    private static string Take(StringBuilder line)
    {
        if (line.Length > 0 && line[^1] == '\r')
            line.Length--;
        var text = line.ToString();
        line.Clear();
        return text;
    }

    /// <summary>What to throw when decoding failed; reads the file once more, because a decoder knows no lines.</summary>
    public static InvalidDataException InvalidBytes(string path, DecoderFallbackException cause)
    {
        if (path == StandardInput)
            return new InvalidDataException(
                "Standard input is not UTF-8. Convert it, for example with: iconv -f CURRENT_ENCODING -t UTF-8", cause);
        var (line, offset, value) = FirstInvalidByte(path);
        return new InvalidDataException(
            $"{path} is not UTF-8: line {line} has an invalid byte (0x{value:X2} at byte {offset}). " +
            "Convert the file to UTF-8, for example with: iconv -f CURRENT_ENCODING -t UTF-8", cause);
    }

    /// <summary>Places are those of the text, where it is compressed with gzip.</summary>
    private static Stream OpenUnpacked(string path)
    {
        var file = File.OpenRead(path);
        var isGzip = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        return isGzip ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private static (long Line, long Offset, byte Value) FirstInvalidByte(string path)
    {
        using var stream = OpenUnpacked(path);
        var buffer = new byte[65536];
        int held = 0;
        long line = 1, offset = 0;
        while (true)
        {
            int read = stream.Read(buffer, held, buffer.Length - held);
            int used = 0, count = held + read;
            // Fewer than four bytes may be the start of a character whose rest has not been read yet.
            while (used < count && (read == 0 || count - used >= 4))
            {
                if (Rune.DecodeFromUtf8(buffer.AsSpan(used, count - used), out _, out int length) != System.Buffers.OperationStatus.Done)
                    return (line, offset + used, buffer[used]);
                if (buffer[used] == '\n')
                    line++;
                used += length;
            }

            if (read == 0)
                return (line, offset + used, 0);
            buffer.AsSpan(used, count - used).CopyTo(buffer);
            offset += used;
            held = count - used;
        }
    }
}
