namespace XlLoraOnnx.Synthesis;

/// <summary>Renews what a process has claimed, as long as it works.</summary>
internal sealed class ClaimRenewal : IDisposable
{
    private readonly IWorkQueue _queue;
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private int _isRenewing;

    /// <param name="queue">Stays the caller's.</param>
    public ClaimRenewal(IWorkQueue queue, LeaseOptions options)
    {
        _queue = queue;
        _timer = options.Time.CreateTimer(_ => _ = RenewAsync(), null, options.BeatInterval, options.BeatInterval);
    }

    /// <summary>Why claims cannot be renewed at the moment; null while they can.</summary>
    public Exception? Failure { get; private set; }

    public void Dispose()
    {
        _timer.Dispose();
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task RenewAsync()
    {
        // one that takes long is as good as the next
        if (Interlocked.Exchange(ref _isRenewing, 1) != 0)
            return;
        try
        {
            await _queue.RenewAsync(_stop.Token).ConfigureAwait(false);
            Failure = null;
        }
#pragma warning disable CA1031 // It may pass, whatever it is. If it does not, others take over, and finishing says so.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failure = e;
        }
        finally
        {
            Volatile.Write(ref _isRenewing, 0);
        }
    }
}
