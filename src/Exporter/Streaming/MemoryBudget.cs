namespace XlLoraOnnx.Exporter;

/// <summary>How a memory ceiling is spent: what the process needs anyway, the rest in one tile for each worker.</summary>
internal sealed record MemoryBudget(int Workers, int TileBytes)
{
    public const long DefaultCeiling = 2L << 30;

    /// <summary>For rows that are read in order; larger tiles would not be faster.</summary>
    public const int InOrderTileBytes = 4 << 20;

    // growth of the managed heap, code that is compiled later, buffers of hashes and of the adapters
    private const long Reserve = 96L << 20;
    // a stack, and what a source needs beside its tile
    private const long ReservePerWorker = 8L << 20;
    private const int SmallestTile = 16 << 20;
    private const int LargestTile = 64 << 20;

    /// <param name="ceiling">Bytes for the whole process; null for the default.</param>
    /// <param name="inUse">What the process takes before the first tile.</param>
    /// <param name="largestRow">Bytes of the longest row of any initializer: a tile holds at least one.</param>
    /// <exception cref="ArgumentException">Not even one tile fits; says what would.</exception>
    public static MemoryBudget Of(long? ceiling, long inUse, int largestRow, int cores)
    {
        var smallest = Math.Max(SmallestTile, largestRow);
        var left = (ceiling ?? DefaultCeiling) - inUse - Reserve;
        if (left < smallest + ReservePerWorker)
        {
            const long Step = 16 << 20;
            var needed = (inUse + Reserve + ReservePerWorker + smallest + Step - 1) / Step * Step;
            throw new ArgumentException(
                $"A memory ceiling of {(ceiling ?? DefaultCeiling) >> 20} MiB is too small: this export needs at least {needed >> 20} MiB "
                + $"({inUse >> 20} MiB are in use before the first weight). Raise the ceiling (--max-ram).");
        }
        var workers = (int)Math.Clamp(left / (smallest + ReservePerWorker), 1, cores);
        var tile = left / workers - ReservePerWorker;
        return new MemoryBudget(workers, (int)Math.Clamp(tile, smallest, Math.Max(LargestTile, largestRow)));
    }

    /// <summary>Rows of a source that are filled and written at once.</summary>
    public int RowsPerTile(TensorSource source)
    {
        var bytes = source.ReadsColumns ? TileBytes : Math.Min(TileBytes, InOrderTileBytes);
        return (int)Math.Clamp(bytes / source.RowBytes, 1, source.Rows);
    }
}
