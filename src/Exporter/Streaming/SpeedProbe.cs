using System.Diagnostics;
using System.Security.Cryptography;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// How long an export will take, from a moment of the same work: a few rows of each kind of tensor, a hash, a flushed write.
/// </summary>
internal static class SpeedProbe
{
    private const int TileBytes = 4 << 20;
    private const int ProbeBytes = 1 << 18;
    private const int WriteBytes = 16 << 20;

    /// <param name="bytesIn">Of the checkpoint, still to be read.</param>
    /// <param name="bytesLeft">Of the data file, still to be written.</param>
    /// <param name="bytesOut">Of the data file, to be read back.</param>
    public static TimeSpan Estimate(
        IReadOnlyList<DataPlace> places, MemoryBudget budget, string output, long bytesIn, long bytesLeft, long bytesOut)
    {
        var tile = new byte[TileBytes];
        // codes, scales and copies of the same size run at speeds of their own: one of each is tried
        var filling = places.Where(p => p.Source.Bytes > 0).GroupBy(p => (p.Source.RowBytes, p.Source.Rows)).Sum(group =>
            group.Count() * group.First().Source.Bytes / Rate(() => Fill(group.First().Source, tile)));
        var hashing = Rate(() => { SHA256.HashData(tile); return tile.Length; });
        var writing = OutputDisk.MeasureWriting(output, WriteBytes);
        var cores = budget.Workers;
        var working = (filling * bytesLeft / Math.Max(bytesOut, 1) + bytesIn / hashing) / cores;
        return TimeSpan.FromSeconds(Math.Max(working, bytesLeft / writing) + bytesOut / hashing);
    }

    private static int Fill(TensorSource source, byte[] tile)
    {
        if (source.RowBytes > tile.Length)
            tile = new byte[source.RowBytes];
        var rows = (int)Math.Clamp((source.ReadsColumns ? TileBytes : ProbeBytes) / source.RowBytes, 1, source.Rows);
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
