namespace XlLoraOnnx.Exporter;

/// <summary>What a run folder of FLARE does not hold, and what it may leave out.</summary>
/// <remarks>
/// Number of heads, alpha and function stand in <c>results_test.json</c> of the run. They are given here where the file is not there; what
/// contradicts it is refused.
/// </remarks>
public sealed record FlareOptions
{
    /// <summary>
    /// The checkpoint that the run was made from, with its tokenizer; null where the adapter of a run that holds all weights is wanted
    /// alone.
    /// </summary>
    public string? BaseFolder { get; init; }

    /// <summary>
    /// The run of the task in English, whose adapter is merged into the base; null where the run holds merged weights, as complete ones do.
    /// </summary>
    public string? TaskRunFolder { get; init; }

    /// <summary>How both languages are brought together; null for what the run says.</summary>
    public FusionFunction? Fusion { get; init; }

    /// <summary><c>lora_alpha</c> of the adapter; null for what the run says.</summary>
    public double? Alpha { get; init; }

    /// <summary><c>lora_alpha</c> of the adapter of <see cref="TaskRunFolder"/>; null for what that run says.</summary>
    public double? TaskAlpha { get; init; }

    /// <summary>Heads of <see cref="FusionFunction.CrossAttention"/>; null for what the run says.</summary>
    public int? CrossAttentionHeads { get; init; }

    /// <summary>Where the adapter alone is written too, as a PEFT folder; null for nowhere.</summary>
    public string? AdapterFolder { get; init; }
}
