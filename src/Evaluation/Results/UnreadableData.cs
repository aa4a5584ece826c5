namespace XlLoraOnnx.Evaluation;

/// <summary>A file of a folder, or a folder in it, that holds data but could not be measured on; the others were.</summary>
/// <param name="Path">The file or folder.</param>
/// <param name="Reason">What was found, and what is allowed.</param>
public sealed record UnreadableData(string Path, string Reason)
{
    /// <summary>The reason, and the path once: most reasons begin with it.</summary>
    public override string ToString() => Reason.StartsWith(Path, StringComparison.Ordinal) ? Reason : $"{Path}: {Reason}";
}
