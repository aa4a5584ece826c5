namespace XlLoraOnnx.Training;

/// <summary>Which of the two sentences beside the anchor an adapter learns to write.</summary>
public enum AdapterSide
{
    /// <summary><c>sent1</c>, which follows from <c>sent0</c>.</summary>
    Positive,

    /// <summary><c>hard_neg</c>, which contradicts it.</summary>
    Negative,
}
