namespace XlLoraOnnx.Exporter;

/// <summary>Bytes of one initializer by rows, little endian: any rows, in any order, on any thread, as often as asked.</summary>
/// <remarks>Beside the tile that it is given, a source takes no more memory than a few rows: the writer's ceiling counts on it.</remarks>
/// <param name="Rows">The first dimension; 1 for a tensor of one dimension.</param>
internal sealed record TensorSource(long Rows, int RowBytes, FillRows Fill)
{
    private const int TileBytes = 8 << 20;

    public long Bytes => Rows * RowBytes;

    /// <summary>Each tile reads a little of every stored row, as a transposition does: larger tiles make larger reads.</summary>
    public bool ReadsColumns { get; init; }

    /// <summary>All rows in order.</summary>
    public void WriteTo(Stream destination, CancellationToken cancellationToken)
    {
        if (Bytes == 0)
            return;
        var rowsPerTile = (int)Math.Clamp(TileBytes / RowBytes, 1, Rows);
        var tile = new byte[rowsPerTile * RowBytes];
        for (long first = 0; first < Rows; first += rowsPerTile)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rows = (int)Math.Min(rowsPerTile, Rows - first);
            var bytes = tile.AsSpan(0, rows * RowBytes);
            Fill(first, rows, bytes);
            destination.Write(bytes);
        }
    }
}

/// <summary>Writes exactly rows × RowBytes bytes of rows [firstRow, firstRow + rows) into destination.</summary>
internal delegate void FillRows(long firstRow, int rows, Span<byte> destination);
