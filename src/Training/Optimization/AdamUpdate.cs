using System.Numerics;
using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Training;

/// <summary>One step of AdamW over some elements, with the numbers that are the same for all of a parameter.</summary>
/// <remarks>No fused multiply-add: whether torch has one depends on its build, and ours shall have the same bits everywhere.</remarks>
internal readonly struct AdamUpdate
{
    /// <summary>Of the gradient.</summary>
    public required float Scale { get; init; }

    /// <summary>1 − learning rate · weight decay.</summary>
    public required float Keep { get; init; }

    /// <summary>1 − β₁.</summary>
    public required float FirstWeight { get; init; }

    /// <summary>β₂.</summary>
    public required float SecondKeep { get; init; }

    /// <summary>1 − β₂.</summary>
    public required float SecondWeight { get; init; }

    /// <summary>√(1 − β₂ᵗ).</summary>
    public required float SecondCorrection { get; init; }

    public required float Epsilon { get; init; }

    /// <summary>−learning rate / (1 − β₁ᵗ).</summary>
    public required float NegativeStepSize { get; init; }

    /// <param name="p">Elements of the parameter.</param>
    /// <param name="m">Their first moments.</param>
    /// <param name="v">Their second moments.</param>
    /// <param name="g">Their gradients.</param>
    public void Apply(Span<float> p, Span<float> m, Span<float> v, ReadOnlySpan<float> g)
    {
        var whole = g.Length - g.Length % Vector<float>.Count;
        for (var i = 0; i < whole; i += Vector<float>.Count)
            ApplyVector(ref p[i], ref m[i], ref v[i], new Vector<float>(g[i..]));
        var rest = g.Length - whole;
        if (rest == 0)
            return;
        // the same instructions for what is left, so that no element depends on where it stands
        Span<float> padded = stackalloc float[4 * Vector<float>.Count];
        padded.Clear();
        var pp = Part(padded, 0);
        var mm = Part(padded, 1);
        var vv = Part(padded, 2);
        var gg = Part(padded, 3);
        p[whole..].CopyTo(pp);
        m[whole..].CopyTo(mm);
        v[whole..].CopyTo(vv);
        g[whole..].CopyTo(gg);
        ApplyVector(ref pp[0], ref mm[0], ref vv[0], new Vector<float>(gg));
        pp[..rest].CopyTo(p[whole..]);
        mm[..rest].CopyTo(m[whole..]);
        vv[..rest].CopyTo(v[whole..]);
    }

    /// <summary>What a step does to elements that never had a gradient.</summary>
    public void Decay(Span<float> p)
    {
        foreach (ref var value in p)
            value *= Keep;
    }

    private static Span<float> Part(Span<float> padded, int index) => padded.Slice(index * Vector<float>.Count, Vector<float>.Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ApplyVector(ref float p, ref float m, ref float v, Vector<float> g)
    {
        g *= Scale;
        var first = Vector.LoadUnsafe(ref m);
        // torch's lerp takes the end that is nearer
        first = FirstWeight < 0.5f ? first + (g - first) * FirstWeight : g - (g - first) * (1 - FirstWeight);
        var second = Vector.LoadUnsafe(ref v) * SecondKeep + g * SecondWeight * g;
        var root = Vector.SquareRoot(second) / new Vector<float>(SecondCorrection) + new Vector<float>(Epsilon);
        var value = Vector.LoadUnsafe(ref p) * Keep + first * NegativeStepSize / root;
        value.StoreUnsafe(ref p);
        first.StoreUnsafe(ref m);
        second.StoreUnsafe(ref v);
    }
}
