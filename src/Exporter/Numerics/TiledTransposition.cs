namespace XlLoraOnnx.Exporter;

/// <summary>Transposition in blocks that stay in the cache.</summary>
internal static class TiledTransposition
{
    private const int Block = 16;

    /// <summary>
    /// <paramref name="destination"/>[c · stride + r] = <paramref name="source"/>[r · columns + c] · <paramref name="scale"/>, for
    /// <paramref name="rows"/> rows.
    /// </summary>
    public static void Transpose(ReadOnlySpan<float> source, int rows, int columns, float scale, Span<float> destination, int stride)
    {
        for (var r0 = 0; r0 < rows; r0 += Block)
        {
            for (var c0 = 0; c0 < columns; c0 += Block)
            {
                var (r1, c1) = (Math.Min(r0 + Block, rows), Math.Min(c0 + Block, columns));
                TransposeBlock(source, r0, r1, c0, c1, columns, scale, destination, stride);
            }
        }
    }

    private static void TransposeBlock(
        ReadOnlySpan<float> source, int rowBegin, int rowEnd, int columnBegin, int columnEnd, int columns, float scale,
        Span<float> destination, int stride)
    {
        for (var c = columnBegin; c < columnEnd; c++)
        {
            var line = destination[(c * stride)..];
            for (var r = rowBegin; r < rowEnd; r++)
                line[r] = source[r * columns + c] * scale;
        }
    }
}
