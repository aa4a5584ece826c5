namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Anchors and what is near look one way, positives nearly that way, everything else another.</summary>
internal static class ScriptedJudge
{
    public static ScriptedEmbeddingGenerator Make() => new(text =>
        text.Contains("anchor", StringComparison.Ordinal) || text.Contains("near", StringComparison.Ordinal) ? [1f, 0f]
        : text.Contains("bread", StringComparison.Ordinal) ? [1f, 0.5f] : [0f, 1f], "judge");
}
