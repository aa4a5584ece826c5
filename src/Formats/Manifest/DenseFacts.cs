namespace XlLoraOnnx.Formats;

/// <summary>A Dense module of sentence-transformers, which the graph applies to the pooled vector: activation(x Wᵀ + b).</summary>
public sealed record DenseFacts
{
    /// <summary>Folder of the checkpoint that it was read from; its initializers begin with it.</summary>
    public required string Path { get; init; }
    /// <summary>Numbers of the vector before.</summary>
    public required int InFeatures { get; init; }
    /// <summary>Numbers of the vector after.</summary>
    public required int OutFeatures { get; init; }
    /// <summary>Whether there is a b.</summary>
    public required bool Bias { get; init; }
    /// <summary><c>identity</c>, <c>tanh</c>, <c>relu</c>, <c>gelu</c>, <c>sigmoid</c> or <c>silu</c>.</summary>
    public required string Activation { get; init; }
    /// <summary>Whether x is added to the result, multiplied by a matrix of its own where the sizes differ.</summary>
    public required bool Residual { get; init; }
    /// <summary>Whether x is made 1 long first.</summary>
    public required bool NormalizesInput { get; init; }
}
