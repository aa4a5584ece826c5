namespace XlLoraOnnx.Runtime;

/// <summary>A row of a task in token ids.</summary>
/// <param name="Index">Its place among the caller's.</param>
/// <param name="Source">What is fused into it; null for nothing.</param>
/// <param name="Adapter">Null for the one that rows have that name none.</param>
internal sealed record TaskRow(int Index, EncodedTask Target, int[]? Source, string? Adapter)
{
    /// <summary>Tokens of the longer side.</summary>
    public int Length => Math.Max(Target.Ids.Length, Source?.Length ?? 0);
}
