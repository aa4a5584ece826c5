namespace XlLoraOnnx.Exporter;

/// <summary>
/// How FLARE (Fusing Language Representations, arXiv 2501.06892) brings two languages together in the bottleneck of an adapter, with
/// S = A s of the source and T = A t of the target.
/// </summary>
public enum FusionFunction
{
    /// <summary>S + T</summary>
    Add,
    /// <summary>S ∘ T</summary>
    Mul,
    /// <summary>(S Tᵀ) T, without softmax or scale.</summary>
    MatMul,
    /// <summary>relu(S) + relu(T): the one that the paper recommends.</summary>
    AddRelu,
    /// <summary>(relu(S) relu(T)ᵀ) relu(T)</summary>
    MatMulRelu,
    /// <summary>softmax(q kᵀ / √d) v by heads, with q of S, k and v of T, each through a matrix of the adapter.</summary>
    CrossAttention,
}

/// <summary>The names that FLARE's own code gives them.</summary>
public static class FusionFunctions
{
    private static readonly Dictionary<string, FusionFunction> ByName = new()
    {
        ["add"] = FusionFunction.Add,
        ["mul"] = FusionFunction.Mul,
        ["matmul"] = FusionFunction.MatMul,
        ["add_relu"] = FusionFunction.AddRelu,
        ["matmul_relu"] = FusionFunction.MatMulRelu,
        ["cross-attention"] = FusionFunction.CrossAttention,
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<string> Names => ByName.Keys;

    internal static string All => string.Join(", ", Names);

    internal static string Name(this FusionFunction function) => ByName.First(f => f.Value == function).Key;

    /// <summary>The function of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="where">Where it stands, for the message.</param>
    /// <exception cref="NotSupportedException">There is none of the name.</exception>
    public static FusionFunction Parse(string name, string where) => ByName.TryGetValue(name, out var function) ? function
        : throw new NotSupportedException($"{where}: \"{name}\" is no fusion function of FLARE; there are {All}.");

    /// <summary>Whether a position of the target is fused with all of them, and not with that of the source alone.</summary>
    internal static bool LooksAtAllPositions(this FusionFunction function) =>
        function is FusionFunction.MatMul or FusionFunction.MatMulRelu or FusionFunction.CrossAttention;
}
