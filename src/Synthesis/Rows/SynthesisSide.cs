namespace XlLoraOnnx.Synthesis;

/// <summary>Which of the two sentences beside the anchor.</summary>
public enum SynthesisSide
{
    /// <summary><c>sent1</c>, which follows from the anchor.</summary>
    Positive,

    /// <summary><c>hard_neg</c>, which contradicts it.</summary>
    Negative,
}
