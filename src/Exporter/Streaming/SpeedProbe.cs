using System.Diagnostics;
using System.Security.Cryptography;

namespace XlLoraOnnx.Exporter;

/// <summary>How long an export will take, from a moment of the same work: a tile of the largest tensor, a hash, a flushed write.</summary>
internal static class SpeedProbe
{
    private const int TileBytes = 4 << 20;
    private const int WriteBytes = 16 << 20;

    /// <param name="bytesIn">Of the checkpoint, still to be read.</param>
    /// <param name="bytesLeft">Of the data file, still to be written.</param>
    /// <param name="bytesOut">Of the data file, to be read back.</param>
    public static TimeSpan Estimate(
        IReadOnlyList<DataPlace> places, MemoryBudget budget, string output, long bytesIn, long bytesLeft, long bytesOut)
    {
        var tile = new byte[TileBytes];
        var largest = places.MaxBy(p => p.Source.Bytes)!.Source;
        var filling = largest.RowBytes > TileBytes ? double.PositiveInfinity : Rate(() => Fill(largest, tile));
        var hashing = Rate(() => { SHA256.HashData(tile); return tile.Length; });
        var writing = OutputDisk.MeasureWriting(output, WriteBytes);
        var cores = budget.Workers;
        var working = bytesLeft / (filling * cores) + bytesIn / (hashing * cores);
        return TimeSpan.FromSeconds(Math.Max(working, bytesLeft / writing) + bytesOut / hashing);
    }

    private static int Fill(TensorSource source, byte[] tile)
    {
        var rows = (int)Math.Clamp(tile.Length / source.RowBytes, 1, source.Rows);
        source.Fill(0, rows, tile.AsSpan(0, rows * source.RowBytes));
        return rows * source.RowBytes;
    }

    /// <summary>Bytes a second, the second time: the first compiles the code and warms the disk.</summary>
    private static double Rate(Func<int> work)
    {
        work();
        var start = Stopwatch.GetTimestamp();
        var bytes = work();
        return bytes / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
