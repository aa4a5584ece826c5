namespace XlLoraOnnx.Runtime;

/// <summary>What generation needs on one device beside the weights, in bytes; made before it is taken.</summary>
public sealed record MemoryPlan
{
    /// <summary>For example <c>cpu</c> or <c>cuda:0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Rows that run at a time.</summary>
    public required int Slots { get; init; }

    /// <summary>Positions of each, prompt and answer together.</summary>
    public required int Capacity { get; init; }

    /// <summary>Keys and values of all slots.</summary>
    public required long CacheBytes { get; init; }

    /// <summary>What of them is expected to be filled at a time; all of them where memory is not taken up as rows grow.</summary>
    /// <remarks>Under Linux, on the CPU, a slot has the memory that its row has filled. Estimated from the rows that wait.</remarks>
    public required long FilledBytes { get; init; }

    /// <summary>Logits of one step.</summary>
    public required long LogitsBytes { get; init; }

    /// <summary>What one step computes on its way, estimated.</summary>
    public required long WorkBytes { get; init; }

    /// <summary>The adapters that are mounted, and those that rows will ask for, as many as are kept at a time.</summary>
    public required long AdapterBytes { get; init; }

    /// <summary>Beginnings of prompts that are kept; at most this much.</summary>
    public required long PrefixBytes { get; init; }

    /// <summary>What the device had free when the plan was made, with the weights loaded.</summary>
    public required long FreeBytes { get; init; }

    /// <summary>All of it, at most.</summary>
    public long TotalBytes => CacheBytes + LogitsBytes + WorkBytes + AdapterBytes + PrefixBytes;

    /// <summary>What is expected to be taken up at a time.</summary>
    public long ExpectedBytes => TotalBytes - CacheBytes + FilledBytes;
}
