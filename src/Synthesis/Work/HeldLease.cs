namespace XlLoraOnnx.Synthesis;

/// <summary>A lease that this process has, as far as it knows.</summary>
internal sealed class HeldLease(int claim, long confirmed)
{
    /// <summary>Number of the claim that made it this process's.</summary>
    public int Claim { get; } = claim;

    public long Beat { get; set; }

    /// <summary>Timestamp at which it was known to be this process's.</summary>
    public long Confirmed { get; set; } = confirmed;
}
