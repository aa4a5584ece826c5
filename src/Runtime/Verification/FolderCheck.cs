namespace XlLoraOnnx.Runtime;

/// <summary>How one check of <see cref="FolderVerifier"/> ended.</summary>
public enum FolderCheckOutcome
{
    /// <summary>As exported.</summary>
    Passed,

    /// <summary>Not as exported.</summary>
    Failed,

    /// <summary>Not possible on this machine; <see cref="FolderCheck.Detail"/> says why.</summary>
    Skipped,
}

/// <summary>One check of a model folder.</summary>
/// <param name="Name">What was checked, e.g. <c>sha256 model.onnx</c>.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Detail">What was found.</param>
public sealed record FolderCheck(string Name, FolderCheckOutcome Outcome, string Detail);
