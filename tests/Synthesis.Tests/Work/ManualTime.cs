namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>A clock that a test moves; its time of day goes backwards, to show that nobody looks at it.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(60).AddTicks(-GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            var timer = new ManualTimer(this, () => callback(state), dueTime, period);
            _timers.Add(timer);
            return timer;
        }
    }

    /// <summary>Runs what is due on this thread, in order.</summary>
    public void Advance(TimeSpan by)
    {
        long end = GetTimestamp() + by.Ticks;
        while (true)
        {
            ManualTimer? next;
            lock (_gate)
                next = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
            if (next is null)
                break;
            Interlocked.Exchange(ref _now, Math.Max(next.Due, GetTimestamp()));
            next.Fire();
        }

        Interlocked.Exchange(ref _now, end);
    }

    /// <summary>Time passes, and no timer fires: as for a process that is suspended.</summary>
    public void Jump(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);

    private sealed class ManualTimer : ITimer
    {
        private readonly ManualTime _time;
        private readonly Action _callback;
        private long _period;

        public ManualTimer(ManualTime time, Action callback, TimeSpan dueTime, TimeSpan period)
        {
            (_time, _callback) = (time, callback);
            Change(dueTime, period);
        }

        public long Due { get; private set; }

        public void Fire()
        {
            Due = _period > 0 ? Due + _period : long.MaxValue;
            _callback();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime < TimeSpan.Zero ? long.MaxValue : _time.GetTimestamp() + dueTime.Ticks;
            _period = period <= TimeSpan.Zero ? 0 : period.Ticks;
            return true;
        }

        public void Dispose()
        {
            lock (_time._gate)
                _time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
