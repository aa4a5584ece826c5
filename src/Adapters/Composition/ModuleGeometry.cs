using System.Numerics.Tensors;

namespace XlLoraOnnx.Adapters;

/// <summary>Norms and angles of changes of a weight from their factors alone: ⟨B₁A₁, B₂A₂⟩ = Σ (B₁ᵀB₂) ∘ (A₁A₂ᵀ).</summary>
internal static class ModuleGeometry
{
    /// <param name="terms">The first is the one whose angle to the sum of all others is asked for.</param>
    public static ComposedModule Of(string name, IReadOnlyList<ModuleTerm> terms, ComposedFactors result, CompositionMode mode)
    {
        double exact = 0, first = 0, direction = 0, across = 0;
        for (var i = 0; i < terms.Count; i++)
        {
            for (var j = i; j < terms.Count; j++)
            {
                // ⟨i, j⟩ is ⟨j, i⟩: both at once
                var product = (i == j ? 1 : 2) * Product(terms[i], terms[j]);
                exact += product;
                first += j == 0 ? product : 0;
                direction += i > 0 ? product : 0;
                across += i == 0 && j > 0 ? product / 2 : 0;
            }
        }
        var (exactNorm, firstNorm, directionNorm) = (Root(exact), Root(first), Root(direction));
        var (norm, distance) = mode switch
        {
            CompositionMode.Exact => (exactNorm, 0),
            CompositionMode.Svd => (exactNorm * Root(1 - result.EnergyLost!.Value), exactNorm * Root(result.EnergyLost!.Value)),
            _ => Compared(terms, result, exact),
        };
        return new ComposedModule(name, result.Rank, norm, exactNorm, firstNorm, directionNorm,
            firstNorm > 0 && directionNorm > 0 ? Angle(across / (firstNorm * directionNorm)) : null,
            exactNorm > 0 ? distance / exactNorm : null, result.EnergyLost);
    }

    private static (double Norm, double Distance) Compared(IReadOnlyList<ModuleTerm> terms, ComposedFactors result, double exact)
    {
        var norm = result.Scale * result.Scale * Inner(result.A, result.B, result.Rank, result.A, result.B, result.Rank);
        var across = terms.Sum(t => result.Scale * Weight(t) * Inner(result.A, result.B, result.Rank, t.A, t.B, t.Rank));
        return (Root(norm), Root(norm - 2 * across + exact));
    }

    private static double Product(ModuleTerm one, ModuleTerm other) =>
        Weight(one) * Weight(other) is not 0 and var weight ? weight * Inner(one.A, one.B, one.Rank, other.A, other.B, other.Rank) : 0;

    private static double Weight(ModuleTerm term) => term.Factor * term.Scale;

    // rounding may leave a little less than zero
    private static double Root(double square) => Math.Sqrt(Math.Max(square, 0));

    private static double Angle(double cosine) => Math.Acos(Math.Clamp(cosine, -1, 1)) * 180 / Math.PI;

    private static double Inner(double[] a1, double[] b1, int rank1, double[] a2, double[] b2, int rank2)
    {
        var (inFeatures, outFeatures, sum) = (a1.Length / rank1, b1.Length / rank1, 0.0);
        for (var i = 0; i < rank1; i++)
        {
            for (var j = 0; j < rank2; j++)
                sum += TensorPrimitives.Dot<double>(a1.AsSpan(i * inFeatures, inFeatures), a2.AsSpan(j * inFeatures, inFeatures))
                    * TensorPrimitives.Dot<double>(b1.AsSpan(i * outFeatures, outFeatures), b2.AsSpan(j * outFeatures, outFeatures));
        }
        return sum;
    }
}
