namespace XlLoraOnnx.Tests;

/// <summary>The first browser that starts: of those that are here, else of those that can be got.</summary>
/// <param name="search">Where to look.</param>
/// <param name="sources">Asked in turn, once, by one process at a time.</param>
/// <param name="lockFile">What keeps other processes from installing at the same time.</param>
internal sealed class BrowserChoice(BrowserSearch search, IReadOnlyList<IBrowserSource> sources, string lockFile) : IDisposable
{
    /// <summary>Longer than another process may take for all its sources.</summary>
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMinutes(25);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, string> _refusals = [];
    private string? _failure;

    /// <param name="start">Starts a program, and throws where it is of no use.</param>
    /// <param name="say">Told what takes long, and what failed.</param>
    /// <exception cref="AssertInconclusiveException">No browser is here, and none could be got: the test is skipped.</exception>
    public async Task<T> StartAsync<T>(Func<string, Task<T>> start, Action<string> say) where T : class
    {
        await _turn.WaitAsync();
        try
        {
            if (_failure is null)
            {
                if (await FromHereAsync(start) is { } started)
                    return started;
                if (await FromSourcesAsync(start, say) is { } got)
                    return got;
                _failure = Failure();
                say(_failure);
            }
        }
        finally
        {
            _turn.Release();
        }
        throw new AssertInconclusiveException(_failure);
    }

    public void Dispose() => _turn.Dispose();

    private async Task<T?> FromHereAsync<T>(Func<string, Task<T>> start) where T : class
    {
        foreach (var program in search.Programs())
        {
            try
            {
                return await start(program);
            }
#pragma warning disable CA1031 // whatever keeps one browser from starting, another may start, and the skipped test says what it was
            catch (Exception e)
#pragma warning restore CA1031
            {
                _refusals[program] = e.Message;
            }
        }
        return null;
    }

    private async Task<T?> FromSourcesAsync<T>(Func<string, Task<T>> start, Action<string> say) where T : class
    {
        var ways = sources.Where(s => s is { Command: not null, Allowed: true }).ToArray();
        if (ways.Length == 0)
            return null;
        say("No browser that starts is here. One is being got now; that takes a few minutes at most.");
        using var turn = await MachineLock.TakeAsync(lockFile, LongestTurn);
        if (turn is null)
        {
            _refusals[lockFile] = $"another process has held this file for {LongestTurn.TotalMinutes:0} minutes; end it";
            return null;
        }
        // whoever had the turn before may have got one
        if (await FromHereAsync(start) is { } got)
            return got;
        foreach (var way in ways)
        {
            say(way.Command!);
            if (await way.GetAsync() is { } obstacle)
                _refusals[way.Command!] = obstacle;
            else if (await FromHereAsync(start) is { } started)
                return started;
            else
                _refusals[way.Command!] = "went well, but brought no browser that starts";
        }
        return null;
    }

    private string Failure()
    {
        var refusals = string.Concat(_refusals.Select(r => $"\n  {r.Key}: {string.Join(" | ", r.Value.Split('\n').Take(8)).Trim()}"));
        var commands = sources.Select(s => s.Command).OfType<string>().DefaultIfEmpty("install Chromium, Chrome or Edge");
        return $"SKIPPED: pages are tested in a real browser, and none is here that starts. Looked on PATH for {BrowserSearch.Names}, "
            + $"in the places where installers put them, and in Playwright's cache.{refusals}"
            + $"\nWhat would help:\n  {string.Join("\n  or ", commands)}";
    }
}
