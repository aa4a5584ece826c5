namespace XlLoraOnnx.Runtime;

/// <summary>An embedding job was cancelled; the same job continues it.</summary>
public sealed class EmbeddingInterruptedException(string partial, long texts, OperationCanceledException cause)
    : OperationCanceledException($"Interrupted after {texts} texts, which are in {partial}; the same command continues there.", cause)
{
    /// <summary>Texts whose vectors are written.</summary>
    public long Texts { get; } = texts;
}
