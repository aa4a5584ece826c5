namespace XlLoraOnnx.Synthesis;

/// <summary>What is done, by whomever.</summary>
internal sealed partial class ShardLeases
{
    /// <summary>Whether a shard was finished, by any process, when the folder was last looked at.</summary>
    public bool IsDone(int shard)
    {
        lock (_gate)
            return _done.Contains(_shards[shard]);
    }

    /// <summary>The same of all shards of a kind; looks at the folder now.</summary>
    public bool AreAllDone(Func<int, bool> only)
    {
        lock (_gate)
        {
            Look();
            return Enumerable.Range(0, Count).All(s => !only(s) || _done.Contains(_shards[s]));
        }
    }

    /// <summary>Takes back that shards are finished: there is more to do in them.</summary>
    public void Reopen()
    {
        lock (_gate)
        {
            foreach (var name in _shards.Where(Look().Done.Contains))
                RunFiles.Delete(_folder.Done(name));
            Look();
        }
    }

    /// <summary>Waits until another process has finished a shard, or there is one to take.</summary>
    public async Task WaitAsync(Func<int, bool>? only = null, CancellationToken cancellationToken = default)
    {
        int done = Done;
        while (true)
        {
            await Task.Delay(_options.PollInterval, _options.Time, cancellationToken);
            lock (_gate)
            {
                var listing = Look();
                bool isAnyFree = false, isAnyOpen = false;
                // All of them, since looking is what starts a timeout.
                for (int shard = 0; shard < _shards.Length; shard++)
                {
                    bool isAsked = only?.Invoke(shard) != false;
                    isAnyFree |= isAsked && IsFree(_shards[shard], listing);
                    isAnyOpen |= isAsked && !listing.Done.Contains(_shards[shard]);
                }

                // the last one may have been finished before this was called
                if (isAnyFree || !isAnyOpen || Done != done)
                    return;
            }
        }
    }
}
