using System.Diagnostics;

namespace XlLoraOnnx.GpuCheck;

/// <summary>Times of what returns when the device is done.</summary>
internal static class Measured
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(6);

    /// <returns>Median in milliseconds, after some runs that do not count; fewer of them where they take long.</returns>
    public static double Milliseconds(int warmUp, int runs, Action<int> run)
    {
        var times = new List<double>();
        var began = Stopwatch.GetTimestamp();
        for (var i = -warmUp; i < runs && (times.Count < 3 || Stopwatch.GetElapsedTime(began) < Longest); i++)
        {
            var started = Stopwatch.GetTimestamp();
            run(i + warmUp);
            if (i >= 0)
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        return Median(times);
    }

    /// <exception cref="TimeoutException">It took longer.</exception>
    public static T[] Within<T>(TimeSpan limit, Func<CancellationToken, IAsyncEnumerable<T>> results)
    {
        using var stop = new CancellationTokenSource(limit);
        try
        {
            return results(stop.Token).ToArrayAsync(stop.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"No end after {limit.TotalSeconds} seconds.", e);
        }
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
