using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XlLoraOnnx.Runtime;

/// <summary>The tokens that top-k, top-p and min-p leave, in the order of their ids, and what each weighs.</summary>
/// <remarks>Memory is allocated for the largest vocabulary seen, and kept. For one thread.</remarks>
internal sealed class TokenDistribution
{
    // The cut that saves work must not take what the exact one would keep.
    private const float LogitMargin = 1e-3f;

    private readonly TopKBound _topK = new();
    private readonly TopPBound _topP = new();
    private int[] _ids = [];
    private float[] _weights = [];
    private int _count;
    // Whether the tokens are the whole vocabulary, so that index and id are the same and _ids is not filled.
    private bool _all;

    /// <summary>The most likely token has 1; those with 0 are removed.</summary>
    public ReadOnlySpan<float> Weights => _weights.AsSpan(0, _count);

    public int IdOf(int index) => _all ? index : _ids[index];

    /// <param name="logits">[vocabulary]: divided by the temperature, no NaN.</param>
    /// <param name="maximum">The largest of them; finite.</param>
    /// <param name="options">What is kept.</param>
    public void Fill(ReadOnlySpan<float> logits, float maximum, SamplingOptions options)
    {
        if (_weights.Length < logits.Length)
            (_ids, _weights) = (new int[logits.Length], new float[logits.Length]);
        float least = Least(logits, maximum, options);
        _all = float.IsNegativeInfinity(least);
        _count = _all ? logits.Length : LogitScan.Gather(logits, least, _ids, _weights);
        SoftmaxWeights.Compute(_all ? logits : Weights, maximum, _weights);
        if (options.TopP < 1)
        {
            var (bound, ties) = _topP.Find(Weights, options.TopP);
            RemoveBelow(bound);
            RemoveTies(bound, ties);
        }
        if (options.MinP > 0)
            RemoveBelow(options.MinP);
    }

    /// <summary>The token at <paramref name="share"/>, 0 to 1 exclusively, of the mass.</summary>
    public int At(double share) => IdOf(SoftmaxWeights.IndexAt(Weights, share * SoftmaxWeights.Sum(Weights)));

    /// <summary>No logit below it is kept; −∞ if that is not known yet.</summary>
    private float Least(ReadOnlySpan<float> logits, float maximum, SamplingOptions options)
    {
        float least = options.TopK > 0 && options.TopK < logits.Length ? _topK.Find(logits, options.TopK) : float.NegativeInfinity;
        // Top-p comes before min-p and counts what min-p would remove.
        return options.MinP > 0 && options.TopP >= 1 ? Math.Max(least, maximum + MathF.Log(options.MinP) - LogitMargin) : least;
    }

    private void RemoveBelow(float least)
    {
        var bound = Vector256.Create(least);
        var vectors = MemoryMarshal.Cast<float, Vector256<float>>(_weights.AsSpan(0, _count));
        foreach (ref var weights in vectors)
            weights &= Vector256.GreaterThanOrEqual(weights, bound);
        foreach (ref float weight in _weights.AsSpan((vectors.Length * LogitScan.Lanes).._count))
            weight = weight >= least ? weight : 0;
    }

    /// <summary>Leaves the first so many of those that weigh the same.</summary>
    private void RemoveTies(float equal, int left)
    {
        var rest = _weights.AsSpan(0, _count);
        for (int next; (next = LogitScan.FirstEqual(rest, equal)) >= 0; rest = rest[(next + 1)..])
        {
            if (left-- <= 0)
                rest[next] = 0;
        }
    }
}
