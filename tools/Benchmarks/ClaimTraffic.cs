using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using XlLoraOnnx.Synthesis.PostgreSQL;

namespace XlLoraOnnx.Benchmarks;

/// <summary>What many workers ask of one PostgreSQL: claims, renewals, finished shards, and what is done; no model.</summary>
internal static class ClaimTraffic
{
    private const int Pools = 8;

    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(20), Timeout = TimeSpan.FromSeconds(30);

    /// <param name="address">Of a database, with the name of a run that is not there.</param>
    /// <param name="workers">Each of which claims a shard, renews it, finishes it, and begins again.</param>
    public static async Task RunAsync(string address, int workers)
    {
        const int Shards = 244_141; // 10⁹ rows in shards of 4,096
        var runs = new PostgreSqlRun[Pools];
        for (var i = 0; i < Pools; i++)
            runs[i] = await PostgreSqlRun.OpenAsync(PostgreSqlRunAddress.Parse(address));
        var queues = new IWorkQueue[workers];
        for (var i = 0; i < workers; i++)
            queues[i] = await runs[i % Pools].Backend.OpenQueue("claim-traffic", Shards, Timeout, CancellationToken.None);
        ConcurrentBag<double> claims = [], finishes = [], looks = [];
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(queues.Select(queue => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(started) < Lasting)
            {
                var shard = await TimedAsync(claims, () => queue.TryClaimAsync(0, null, CancellationToken.None));
                await queue.RenewAsync(CancellationToken.None);
                await TimedAsync(looks, () => queue.DoneAsync(CancellationToken.None));
                if (shard is { } mine)
                    await TimedAsync(finishes, () => queue.FinishAsync(mine, CancellationToken.None));
            }
        })));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{workers} workers on {Environment.ProcessorCount} cores that the server "
            + $"has, too: {claims.Count / seconds:0} shards/s, each claimed, renewed, looked at and finished"));
        Show("claim", claims);
        Show("finish", finishes);
        Show("what is done", looks);
        foreach (var run in runs)
            await run.DisposeAsync();
    }

    private static async Task<T> TimedAsync<T>(ConcurrentBag<double> times, Func<ValueTask<T>> action)
    {
        var started = Stopwatch.GetTimestamp();
        var result = await action();
        times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return result;
    }

    private static void Show(string name, ConcurrentBag<double> times)
    {
        var sorted = times.Order().ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {name}: median {sorted[sorted.Length / 2]:0.0} ms, p99 {sorted[sorted.Length * 99 / 100]:0.0} ms, of {sorted.Length}"));
    }
}
