using System.Numerics.Tensors;

namespace XlLoraOnnx.Adapters;

/// <summary>The modes that add without loss: A and B separately, or the changes themselves.</summary>
internal static class FactorSums
{
    /// <summary>
    /// A = Σ wᵢ Aᵢ and B = Σ wᵢ Bᵢ (AdaMergeX). It takes all parts to have one scale; where they have not, the difference goes into B,
    /// so that scale · B A of every part alone is what it was.
    /// </summary>
    public static ComposedFactors Separately(IReadOnlyList<ModuleTerm> terms)
    {
        var first = terms[0];
        var (a, b) = (new double[first.A.Length], new double[first.B.Length]);
        foreach (var term in terms)
        {
            TensorPrimitives.MultiplyAdd(term.A, term.Factor, a, a);
            TensorPrimitives.MultiplyAdd(term.B, term.Factor * (term.Scale / first.Scale), b, b);
        }
        return new ComposedFactors(first.Rank, a, b, first.Scale);
    }

    /// <summary>A = [A₁; A₂; …] as they are, B = [w₁ s₁ B₁, w₂ s₂ B₂, …]: B A = Σ wᵢ sᵢ Bᵢ Aᵢ with a scale of 1.</summary>
    public static ComposedFactors SideBySide(IReadOnlyList<ModuleTerm> terms)
    {
        var used = terms.Where(t => t.Factor != 0).ToArray();
        var (a, b) = (new double[used.Sum(t => t.A.Length)], new double[used.Sum(t => t.B.Length)]);
        var (atA, atB) = (0, 0);
        foreach (var term in used)
        {
            term.A.CopyTo(a, atA);
            TensorPrimitives.Multiply(term.B, term.Factor * term.Scale, b.AsSpan(atB));
            (atA, atB) = (atA + term.A.Length, atB + term.B.Length);
        }
        return new ComposedFactors(used.Sum(t => t.Rank), a, b, 1);
    }
}
