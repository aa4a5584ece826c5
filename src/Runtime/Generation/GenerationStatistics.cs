namespace XlLoraOnnx.Runtime;

/// <summary>What a generator has done since it was made.</summary>
public sealed record GenerationStatistics
{
    /// <summary>Rows finished, rejected ones included.</summary>
    public long Rows { get; init; }

    /// <summary>Batches run; of the continuous engine, steps of all rows that run.</summary>
    public long Batches { get; init; }

    /// <summary>Prompt tokens of the rows that ran, padding not counted.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Prompt tokens with padding: rows of the batch × its longest prompt, summed over batches.</summary>
    public long PaddedPromptTokens { get; init; }

    /// <summary>Prompt tokens that were not computed, because another row begins with them too.</summary>
    public long SharedPromptTokens { get; init; }

    /// <summary>Native calls that failed and were made again.</summary>
    public long Retries { get; init; }

    /// <summary>Tokens generated, stop tokens not counted.</summary>
    public long GeneratedTokens { get; init; }

    /// <summary>Tokens that were looked up and read, as <see cref="XlLoraModelOptions.PromptLookupTokens"/> allows.</summary>
    public long ProposedTokens { get; init; }

    /// <summary>Those of them that then were chosen, each a step less.</summary>
    public long AcceptedTokens { get; init; }

    /// <summary>How often a batch needed another adapter than the batch before it; of the continuous engine, adapters mounted.</summary>
    public long AdapterSwitches { get; init; }

    /// <summary>How long adapters took to be checked, loaded and mounted, all devices together; of the continuous engine.</summary>
    public TimeSpan AdapterSwitchTime { get; init; }

    /// <summary>Wall-clock time spent generating, prompts included.</summary>
    public TimeSpan GenerationTime { get; init; }

    /// <summary>The same for each device, where it is counted apart.</summary>
    public IReadOnlyList<DeviceStatistics> Devices { get; init; } = [];

    /// <summary>Share of prompt tokens that were not padding, 0 to 1; 1 when nothing has run.</summary>
    public double UsefulTokenShare => PaddedPromptTokens == 0 ? 1 : (double)PromptTokens / PaddedPromptTokens;

    /// <summary>Share of the tokens that were looked up which were chosen, 0 to 1; 0 where none were.</summary>
    public double AcceptedTokenShare => ProposedTokens == 0 ? 0 : (double)AcceptedTokens / ProposedTokens;

    /// <summary>Generated tokens a second; 0 when nothing has run.</summary>
    public double TokensPerSecond => GenerationTime > TimeSpan.Zero ? GeneratedTokens / GenerationTime.TotalSeconds : 0;

    /// <summary>What was counted after an earlier reading of the same generator.</summary>
    public GenerationStatistics Since(GenerationStatistics earlier) => new()
    {
        Rows = Rows - earlier.Rows,
        Batches = Batches - earlier.Batches,
        PromptTokens = PromptTokens - earlier.PromptTokens,
        PaddedPromptTokens = PaddedPromptTokens - earlier.PaddedPromptTokens,
        SharedPromptTokens = SharedPromptTokens - earlier.SharedPromptTokens,
        Retries = Retries - earlier.Retries,
        GeneratedTokens = GeneratedTokens - earlier.GeneratedTokens,
        ProposedTokens = ProposedTokens - earlier.ProposedTokens,
        AcceptedTokens = AcceptedTokens - earlier.AcceptedTokens,
        AdapterSwitches = AdapterSwitches - earlier.AdapterSwitches,
        AdapterSwitchTime = AdapterSwitchTime - earlier.AdapterSwitchTime,
        GenerationTime = GenerationTime - earlier.GenerationTime,
        Devices = [.. Devices.Select(d => earlier.Devices.FirstOrDefault(e => e.Device == d.Device) is { } e ? d.Since(e) : d)],
    };
}
