using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Runtime;

/// <summary>What all engines of a generator have in common.</summary>
internal sealed record ContinuousSettings
{
    /// <summary>Longest row, in tokens.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Most rows that run at a time on a device.</summary>
    public required int MaxSlots { get; init; }

    /// <summary>Most tokens of prompts that are read between two steps.</summary>
    public required int PrefillTokens { get; init; }

    /// <summary>Most tokens of a row alone that are looked up and read ahead of its last; 0 for none.</summary>
    public int PromptLookupTokens { get; init; }

    /// <summary>Most adapters that are mounted on a device.</summary>
    public required int MaxResidentAdapters { get; init; }

    /// <summary>Most bytes of all adapters that are mounted on a device.</summary>
    public long MaxAdapterBytes { get; init; } = long.MaxValue;

    /// <summary>Rows go rather to a device that has their adapter.</summary>
    public required bool Affinity { get; init; }

    /// <summary>Devices that have not been given up.</summary>
    public required Func<int> EnginesLeft { get; init; }

    /// <summary>Null for none.</summary>
    public required CanaryPrompt? Canary { get; init; }

    /// <summary>What a decoder with an encoder begins with; null for one without.</summary>
    public int? DecoderStart { get; init; }

    /// <summary>Whether an adapter is no longer known.</summary>
    public required Func<AdapterKey, bool> IsRemoved { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Share of a device's free memory that may be taken.</summary>
    public double MemoryShare { get; init; } = 0.8;
}
