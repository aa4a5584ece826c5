namespace XlLoraOnnx.Synthesis;

/// <summary>Finds leases whose owners are gone.</summary>
/// <remarks>
/// A lease that is released, or whose owner surely died on this machine, is free at once; any other when its file has not changed for the
/// timeout. That holds for a file that is empty, damaged or edited too: nobody keeps it fresh, so it is free after the timeout.
/// </remarks>
internal sealed class LeaseWatch(LeaseFolder folder, JournalFolder journals, LeaseOptions options)
{
    private readonly Dictionary<string, LastSight> _seen = new(StringComparer.Ordinal);

    /// <summary>Whether the lease may be taken over; looking is what starts its timeout.</summary>
    public bool IsAbandoned(string name, int claim)
    {
        long now = options.Time.GetTimestamp();
        // Gone since it was listed: somebody is at it.
        if (RunFiles.TryRead(folder.Claim(name, claim)) is not { } content)
            return false;
        var lease = Lease.TryParse(content);
        if (lease is { State: LeaseState.Released } || (lease is not null && journals.IsDead(lease.Owner)))
            return true;
        if (_seen.TryGetValue(name, out var seen) && seen.Claim == claim && seen.Content.AsSpan().SequenceEqual(content))
            return options.Time.GetElapsedTime(seen.Since, now) >= options.Timeout;
        _seen[name] = new LastSight(claim, content, now);
        return false;
    }

    private sealed record LastSight(int Claim, byte[] Content, long Since);
}
