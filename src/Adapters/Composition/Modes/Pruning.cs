using System.Numerics.Tensors;
using System.Text;

namespace XlLoraOnnx.Adapters;

/// <summary>
/// TIES (arXiv 2306.01708) and DARE (arXiv 2311.03099) on A and B separately, as PEFT defines them (peft/utils/merge_utils.py).
/// </summary>
internal static class Pruning
{
    /// <summary>The square root of |w| · s goes into each of A and B, the sign of w into A alone (peft/tuners/lora/model.py): in both it
    /// would vanish from B A.</summary>
    public static ComposedFactors Merge(string module, IReadOnlyList<ModuleTerm> terms, CompositionOptions options)
    {
        double[] roots = [.. terms.Select(t => Math.Sqrt(Math.Abs(t.Factor * t.Scale)))];
        double[] signed = [.. terms.Select((t, i) => Math.CopySign(roots[i], t.Factor * t.Scale))];
        return new ComposedFactors(terms[0].Rank,
            MergeTensors([.. terms.Select(t => Prune(t, t.A, $"{module}.lora_A", options))], signed, options),
            MergeTensors([.. terms.Select(t => Prune(t, t.B, $"{module}.lora_B", options))], roots, options), 1);
    }

    private static double[] Prune(ModuleTerm term, double[] values, string tensor, CompositionOptions options) =>
        options.Density is not { } density || density >= 1 ? values
        : options.Mode == CompositionMode.Ties ? Largest(values, density)
        : Drawn(values, density, options.Seed, Stream($"{term.Part}/{tensor}"));

    /// <summary>The ⌊density · n⌋ values of largest magnitude stay; of equal ones, the first.</summary>
    internal static double[] Largest(double[] values, double density)
    {
        var kept = (int)(density * values.Length);
        var result = new double[values.Length];
        if (kept == 0)
            return result;
        var magnitudes = new double[values.Length];
        TensorPrimitives.Abs(values, magnitudes);
        Array.Sort(magnitudes);
        var threshold = magnitudes[^kept];
        var atThreshold = kept - values.Count(v => Math.Abs(v) > threshold);
        for (var i = 0; i < values.Length; i++)
        {
            if (Math.Abs(values[i]) > threshold || (Math.Abs(values[i]) == threshold && atThreshold-- > 0))
                result[i] = values[i];
        }
        return result;
    }

    /// <summary>Each value stays with probability density and is divided by it.</summary>
    internal static double[] Drawn(double[] values, double density, ulong seed, ulong stream)
    {
        var result = new double[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            if (CounterRandom.Unit(seed, stream, (ulong)i) < density)
                result[i] = values[i] / density;
        }
        return result;
    }

    private static ulong Stream(string name) => BitConverter.ToUInt64(Sha256.Hash(Encoding.UTF8.GetBytes(name)));

    internal static double[] MergeTensors(IReadOnlyList<double[]> tensors, IReadOnlyList<double> weights, CompositionOptions options)
    {
        var result = new double[tensors[0].Length];
        if (options.Mode == CompositionMode.DareLinear)
        {
            for (var t = 0; t < tensors.Count; t++)
                TensorPrimitives.MultiplyAdd(tensors[t], weights[t], result, result);
            return result;
        }
        for (var i = 0; i < result.Length; i++)
            result[i] = Disjoint(tensors, weights, i, options.MajoritySign);
        return result;
    }

    /// <summary>The mean of the weighted values of the elected sign; the election knows no weights, and a sum of 0 elects plus.</summary>
    private static double Disjoint(IReadOnlyList<double[]> tensors, IReadOnlyList<double> weights, int element, MajoritySign method)
    {
        double votes = 0, sum = 0;
        foreach (var tensor in tensors)
            votes += method == MajoritySign.Total ? tensor[element] : Math.Sign(tensor[element]);
        var (elected, count) = (votes >= 0 ? 1 : -1, 0);
        for (var t = 0; t < tensors.Count; t++)
        {
            if (Math.Sign(tensors[t][element]) != elected)
                continue;
            sum += weights[t] * tensors[t][element];
            count++;
        }
        return sum / Math.Max(count, 1);
    }
}
