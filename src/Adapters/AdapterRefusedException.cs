namespace XlLoraOnnx.Adapters;

/// <summary>An adapter that the exported model would run wrongly, or not at all; says every reason.</summary>
public sealed class AdapterRefusedException : NotSupportedException
{
    internal AdapterRefusedException(string folder, IReadOnlyList<string> reasons, IReadOnlyList<TensorCoverage> coverage)
        : base($"The adapter '{folder}' is refused:\n" + string.Join('\n', reasons))
    {
        Reasons = reasons;
        Coverage = coverage;
    }

    /// <summary>One line each, settings named as PEFT spells them.</summary>
    public IReadOnlyList<string> Reasons { get; }

    /// <summary>Every tensor of the adapter, in the order of its file; empty if there is no file.</summary>
    public IReadOnlyList<TensorCoverage> Coverage { get; }
}
