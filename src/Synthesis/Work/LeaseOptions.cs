namespace XlLoraOnnx.Synthesis;

/// <summary>How processes that share a run watch each other; all of a run should agree.</summary>
internal sealed record LeaseOptions
{
    /// <summary>How long a lease must not have changed, by the watcher's own clock, before it is taken over.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Only its monotonic clock and its timers are used: times of day and of files may be wrong.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Several heartbeats may be late or lost before it matters.</summary>
    public TimeSpan BeatInterval => Timeout / 6;

    /// <summary>How often who waits for a shard asks again.</summary>
    public TimeSpan PollInterval => Timeout / 30;
}
