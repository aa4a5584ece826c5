using System.Diagnostics;

namespace XlLoraOnnx.Runtime;

/// <summary>Counts what a synthesis gave; started when made.</summary>
/// <remarks>For one thread at a time.</remarks>
internal sealed class SynthesisSummary
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly SortedDictionary<RejectionReason, long> _rejected = [];

    /// <summary>Anchors that have a result.</summary>
    public long Rows { get; private set; }

    /// <summary>Results that are triplets.</summary>
    public long Triplets { get; private set; }

    /// <summary>How many rows were rejected for each reason that occurred.</summary>
    public IReadOnlyDictionary<RejectionReason, long> Rejected => _rejected;

    /// <summary>Wall-clock time from the start to the latest result.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Counts one result.</summary>
    public void Add(SynthesisResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        Elapsed = Stopwatch.GetElapsedTime(_started);
        Rows++;
        if (result.Rejected is { Reason: var reason })
            _rejected[reason] = _rejected.GetValueOrDefault(reason) + 1;
        else
            Triplets++;
    }
}
