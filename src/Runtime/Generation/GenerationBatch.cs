namespace XlLoraOnnx.Runtime;

/// <summary>Rows that run together: one adapter, one way of sampling and stopping, prompts right-padded to the longest.</summary>
internal sealed record GenerationBatch(IReadOnlyList<EncodedRequest> Rows)
{
    public string? Adapter => Rows[0].Adapter;

    public SamplingOptions Sampling => Rows[0].Sampling;

    public bool IgnoreStopTokens => Rows[0].IgnoreStopTokens;

    public int LongestPrompt => Rows.Max(r => r.Prompt.Length);

    /// <summary>Longest sequence any row of this batch can reach, padding included.</summary>
    public int MaxLength(int contextLength) => Math.Min(contextLength, LongestPrompt + Rows.Max(r => r.MaxNewTokens));

    /// <summary>Prompts side by side, right-padded, [rows × longest].</summary>
    public int[] PaddedPrompts(int padTokenId)
    {
        var width = LongestPrompt;
        var padded = new int[Rows.Count * width];
        Array.Fill(padded, padTokenId);
        for (var row = 0; row < Rows.Count; row++)
            Rows[row].Prompt.CopyTo(padded, row * width);
        return padded;
    }
}
