using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
        Console.WriteLine("| k | round | load | peak before, after | search, s | search | " +
            "share of the peak | the same per second of CPU time |");
        Console.WriteLine("|--:|--:|--:|--:|--:|--:|--:|--:|");
        Measure(Multiply);
        TopKSearch.Search(queries, Slice(documents, 20_000), 10);
        foreach (var k in new[] { 100, 1000 })
        {
            for (var round = 1; round <= rounds; round++)
            {
                var before = Measure(Multiply);
                var search = Measure(() => Search(queries, documents, k));
                var after = Measure(Multiply);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {k} | {round} | {Load()} | {before.PerSecond:0.0}, {after.PerSecond:0.0} | {search.Seconds:0.0} | " +
                    $"{search.PerSecond:0.0} | " +
                    $"{2 * search.PerSecond / (before.PerSecond + after.PerSecond) * 100:0} % | " +
                    $"{2 * search.PerCpuSecond / (before.PerCpuSecond + after.PerCpuSecond) * 100:0} % |"));
            }
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"peak memory of the process: {Process.GetCurrentProcess().PeakWorkingSet64 / 1e9:0.00} GB, of which the vectors " +
            $"{4.0 * Documents * Dimension / 1e9:0.00} GB"));
    }

    private static double Multiply()
    {
        Parallel.For(0, Environment.ProcessorCount, _ => MultiplyAdd(PeakTrips));
        return (double)Environment.ProcessorCount * PeakTrips * Chains * Vector256<float>.Count;
    }

    private static double Search(EmbeddingMatrix queries, EmbeddingMatrix documents, int k)
    {
        TopKSearch.Search(queries, documents, k);
        return (double)Queries * Documents * Dimension;
    }

    /// <summary>10⁹ multiply-adds per second, and per second of CPU time, which other work on the machine changes less.</summary>
    private static (double Seconds, double PerSecond, double PerCpuSecond) Measure(Func<double> multiplyAdds)
    {
        var (started, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var count = multiplyAdds();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return (seconds, count / seconds / 1e9, count / (Environment.CpuUsage.TotalTime - cpu).TotalSeconds / 1e9);
    }

    /// <summary>Processes that wanted a core during the last minute.</summary>
    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "";

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
