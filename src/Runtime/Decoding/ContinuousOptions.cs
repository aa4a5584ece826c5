using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace XlLoraOnnx.Runtime;

/// <param name="MaxSlots">Most rows that run at a time on a device.</param>
/// <param name="PrefillTokens">Most tokens of prompts that are read between two steps.</param>
/// <param name="MaxResidentAdapters">Most adapters that are mounted on a device.</param>
/// <param name="Canary">Whether a mounted adapter must prove that it does something.</param>
internal sealed record ContinuousOptions(int MaxSlots, int PrefillTokens = 256, int MaxResidentAdapters = 4, bool Canary = true)
{
    /// <summary>Most bytes of all adapters that are mounted on a device; null for no limit.</summary>
    public long? MaxAdapterBytes { get; init; }

    /// <summary>Most tokens of a row alone that are looked up and read ahead of its last; 0 for none.</summary>
    public int PromptLookupTokens { get; init; }

    /// <summary>How rows are searched; null where each token is chosen for itself.</summary>
    public BeamSearchOptions? Beams { get; init; }

    public ILogger Logger { get; init; } = NullLogger.Instance;
}
