namespace XlLoraOnnx.Adapters;

/// <summary>Adapters that cannot be composed with one another; says every reason.</summary>
public sealed class CompositionRefusedException : NotSupportedException
{
    internal CompositionRefusedException(IReadOnlyList<string> reasons)
        : base("The adapters cannot be composed:\n" + string.Join('\n', reasons)) => Reasons = reasons;

    /// <summary>One line each, settings named as PEFT spells them.</summary>
    public IReadOnlyList<string> Reasons { get; }
}
