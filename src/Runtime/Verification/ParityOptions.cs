namespace XlLoraOnnx.Runtime;

/// <summary>What is compared in <see cref="ParityVerifier.Verify"/>, and how strictly.</summary>
public sealed record ParityOptions
{
    /// <summary>Adapter to mount; null for the base model.</summary>
    public string? Adapter { get; init; }

    /// <summary>Largest allowed absolute difference; by default 1e-4 for logits and 2e-4 for hidden states and vectors.</summary>
    public double? Tolerance { get; init; }

    /// <summary>
    /// A greedy token is compared where the reference's winner led by more than this and by more than twice the tolerance; below, rounding
    /// alone may decide.
    /// </summary>
    public double Margin { get; init; } = 1e-3;

    /// <summary>Of FLARE-MT: folder of the translation model whose encoder gives what was recorded (<c>mt.last_hidden_state</c>,
    /// <c>tagged.*</c>, answers); null to leave that out.</summary>
    public string? TranslationModel { get; init; }

    /// <summary>Whether the adapter must change the logits of the canary prompt.</summary>
    public bool Canary { get; init; } = true;
}
