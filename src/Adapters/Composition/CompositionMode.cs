namespace XlLoraOnnx.Adapters;

/// <summary>In which space adapters are added.</summary>
public enum CompositionMode
{
    /// <summary>A and B separately, as AdaMergeX's code does it (arXiv 2402.18913); (IA)³'s vectors by its elementwise rule. The rank
    /// stays; the change of the weight is not the sum of the changes but has cross terms.</summary>
    Factor,
    /// <summary>The sum of the changes of the weights, exactly: factors side by side. The rank is the sum of the ranks.</summary>
    Exact,
    /// <summary>The best approximation of <see cref="Exact"/> of a given rank, in the sense of least squares.</summary>
    Svd,
    /// <summary>TIES on A and B separately, as PEFT's combination_type <c>ties</c>.</summary>
    Ties,
    /// <summary>DARE on A and B separately, as PEFT's <c>dare_linear</c>.</summary>
    DareLinear,
    /// <summary>DARE with the signs of TIES, as PEFT's <c>dare_ties</c>.</summary>
    DareTies,
}

/// <summary>How <see cref="CompositionMode.Ties"/> finds the sign of an element, as PEFT's majority_sign_method.</summary>
public enum MajoritySign
{
    /// <summary>The sign of the sum.</summary>
    Total,
    /// <summary>The sign that more adapters have.</summary>
    Frequency,
}
