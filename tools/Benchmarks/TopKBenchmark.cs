using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using XlLoraOnnx.Runtime;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Exact top-k search against what the machine can do at best: a loop of fused multiply-adds in registers on all cores. Both are measured
/// in turn in one process, since other work may share the machine; each search is compared with the peaks before and after it.
/// </summary>
internal static class TopKBenchmark
{
    private const int Documents = 1_000_000;
    private const int Queries = 1_000;
    private const int Dimension = 384;
    private const int PeakTrips = 400_000_000;
    private const int Chains = 12;

    public static void Run(int rounds)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Queries:N0} queries over {Documents:N0} random vectors of {Dimension} numbers, {Environment.ProcessorCount} cores, .NET " +
            $"{Environment.Version}"));
        var (queries, documents) = (Random(Queries, 1), Random(Documents, 2));
        Console.WriteLine("| k | round | peak before, after, G multiply-adds/s | search, s | search, G multiply-adds/s | share of the " +
            "peak |");
        Console.WriteLine("|--:|--:|--:|--:|--:|--:|");
        Peak();
        TopKSearch.Search(queries, Slice(documents, 20_000), 10);
        var before = Peak();
        foreach (var k in new[] { 100, 1000 })
        {
            for (var round = 1; round <= rounds; round++)
            {
                var started = Stopwatch.GetTimestamp();
                TopKSearch.Search(queries, documents, k);
                var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
                var rate = (double)Queries * Documents * Dimension / seconds / 1e9;
                var after = Peak();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {k} | {round} | {before:0.0}, {after:0.0} | {seconds:0.0} | {rate:0.0} | " +
                    $"{rate / ((before + after) / 2) * 100:0} % |"));
                before = after;
            }
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"peak memory of the process: {Process.GetCurrentProcess().PeakWorkingSet64 / 1e9:0.00} GB, of which the vectors " +
            $"{4.0 * Documents * Dimension / 1e9:0.00} GB"));
    }

    /// <summary>10⁹ multiply-adds per second, all cores together.</summary>
    private static double Peak()
    {
        var started = Stopwatch.GetTimestamp();
        Parallel.For(0, Environment.ProcessorCount, _ => MultiplyAdd(PeakTrips));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return (double)Environment.ProcessorCount * PeakTrips * Chains * Vector256<float>.Count / seconds / 1e9;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float MultiplyAdd(int trips)
    {
        var (x, y) = (Vector256.Create(0.999f), Vector256.Create(0.001f));
        var (a, b, c, d) = (x, x, x, x);
        var (e, f, g, h) = (x, x, x, x);
        var (i, j, k, l) = (x, x, x, x);
        for (var trip = 0; trip < trips; trip++)
        {
            a = Vector256.FusedMultiplyAdd(a, x, y);
            b = Vector256.FusedMultiplyAdd(b, x, y);
            c = Vector256.FusedMultiplyAdd(c, x, y);
            d = Vector256.FusedMultiplyAdd(d, x, y);
            e = Vector256.FusedMultiplyAdd(e, x, y);
            f = Vector256.FusedMultiplyAdd(f, x, y);
            g = Vector256.FusedMultiplyAdd(g, x, y);
            h = Vector256.FusedMultiplyAdd(h, x, y);
            i = Vector256.FusedMultiplyAdd(i, x, y);
            j = Vector256.FusedMultiplyAdd(j, x, y);
            k = Vector256.FusedMultiplyAdd(k, x, y);
            l = Vector256.FusedMultiplyAdd(l, x, y);
        }
        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    private static EmbeddingMatrix Random(int rows, int seed)
    {
        var random = new Random(seed);
        var values = new float[rows * Dimension];
        for (var i = 0; i < values.Length; i++)
            values[i] = random.NextSingle() - 0.5f;
        return new EmbeddingMatrix(rows, Dimension, values);
    }

    private static EmbeddingMatrix Slice(EmbeddingMatrix matrix, int rows) =>
        new(rows, Dimension, matrix.Values[..(rows * Dimension)].ToArray());
}
