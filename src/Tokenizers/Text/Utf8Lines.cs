namespace XlLoraOnnx.Tokenizers;

/// <summary>The lines of a stream as they come, without their line ends; memory is that of the longest line.</summary>
internal static class Utf8Lines
{
    private const int Longest = 1 << 28;

    /// <returns>Lines with their 1-based numbers. A line is overwritten by the next.</returns>
    /// <exception cref="NotSupportedException">A line has more than 256 MB.</exception>
    public static IEnumerable<(long Number, ReadOnlyMemory<byte> Line)> Read(Stream stream, string name)
    {
        var buffer = new byte[1 << 16];
        var (start, end) = (0, 0);
        var number = 0L;
        while (true)
        {
            var length = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                yield return (++number, Line(buffer, start, length, number));
                start += length + 1;
                continue;
            }
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            if (end == buffer.Length)
                buffer = Grow(buffer, $"{name}, line {number + 1}");
            var read = stream.Read(buffer, end, buffer.Length - end);
            end += read;
            if (read > 0)
                continue;
            if (end > 0)
                yield return (++number, Line(buffer, 0, end, number));
            yield break;
        }
    }

    private static ReadOnlyMemory<byte> Line(byte[] buffer, int start, int length, long number)
    {
        var line = buffer.AsMemory(start, length);
        if (number == 1 && line.Span.StartsWith("\uFEFF"u8))
            line = line[3..];
        return line.Span.EndsWith("\r"u8) ? line[..^1] : line;
    }

    private static byte[] Grow(byte[] buffer, string where)
    {
        if (buffer.Length >= Longest)
            throw new NotSupportedException($"{where} has more than {Longest:N0} bytes; no text to tokenize is that long.");
        Array.Resize(ref buffer, buffer.Length * 2);
        return buffer;
    }
}
