using System.Numerics;

namespace XlLoraOnnx.Runtime;

/// <summary>Where transformers' TopPLogitsWarper cuts, without sorting.</summary>
/// <remarks>
/// In ascending order, tokens are removed as long as their cumulative probability is at most 1 − top_p; the last token stays. Of equal
/// probabilities the lower token id is kept first. Sums are float64 and compared as float32, which is what torch does on the CPU.
/// Positive numbers are ordered as their bits are: the mass of each range of the upper bits is summed, and the range in which the bound
/// lies is looked at again with more bits, until it is one number.
/// </remarks>
internal sealed class TopPBound
{
    private const int Digit = 8;

    // Of the weight 1, which is the largest and always there.
    private const int HighestRange = 0x3F800000 >> (2 * Digit);

    // What is below 1 − top_p even in sum need not be looked at; the margin is for the rounding of that limit.
    private const double Margin = 0.999;

    private readonly double[] _mass = new double[HighestRange + 1];
    private float[] _members = [];

    /// <param name="weights">The largest is 1; those of 0 are no tokens.</param>
    /// <param name="topP">Below 1.</param>
    /// <returns>What is above the weight is kept; and of those that equal it, in the order of their ids, so many.</returns>
    public (float Weight, int Ties) Find(ReadOnlySpan<float> weights, float topP)
    {
        if (_members.Length < weights.Length)
            _members = new float[weights.Length];
        double total = SoftmaxWeights.Sum(weights);
        float removable = Removable(topP);
        float least = Math.Max((float)(removable * total / weights.Length * Margin), float.Epsilon);
        var members = weights;
        int first = BitConverter.SingleToInt32Bits(least) >> (2 * Digit);
        int ranges = HighestRange - first + 1;
        double removed = total - Add(members, least, 2 * Digit, first, ranges);
        for (int shift = 2 * Digit; ; shift -= Digit)
        {
            int range = first + Boundary(_mass.AsSpan(0, ranges), ref removed, total, removable);
            int lowest = Math.Max(range << shift, BitConverter.SingleToInt32Bits(least));
            members = _members.AsSpan(0, Select(members, lowest, (range + 1) << shift));
            if (shift == 0)
                break;
            (first, ranges) = (range << Digit, 1 << Digit);
            Add(members, least, shift - Digit, first, ranges);
        }
        float bound = members[0];
        int kept = members.Length - RemovableOf(members.Length, bound, removed, total, removable);
        return (bound, bound == 1 ? Math.Max(kept, 1) : kept);
    }

    /// <summary>1 − top_p as Python has it: top_p is the decimal number that was written (0.8, and not 0.800000012), and what the
    /// subtraction leaves is float32 like the probabilities that are compared with it.</summary>
    private static float Removable(float topP) => (float)(1 - (double)(decimal)topP);

    /// <summary>The mass of each range, and their sum.</summary>
    private double Add(ReadOnlySpan<float> members, float least, int shift, int first, int ranges)
    {
        var mass = _mass.AsSpan(0, ranges);
        mass.Clear();
        for (int i = 0; i < members.Length; i += LogitScan.Stride)
        {
            for (uint hits = LogitScan.AtLeast(members, i, least); hits != 0; hits &= hits - 1)
            {
                float weight = members[i + BitOperations.TrailingZeroCount(hits)];
                mass[(BitConverter.SingleToInt32Bits(weight) >> shift) - first] += weight;
            }
        }
        double sum = 0;
        foreach (double part in mass)
            sum += part;
        return sum;
    }

    /// <summary>The first range that cannot be removed as a whole, or the last that is not empty; adds up what is below it.</summary>
    private static int Boundary(ReadOnlySpan<double> mass, ref double removed, double total, float removable)
    {
        var (last, below) = (0, removed);
        for (int range = 0; range < mass.Length; range++)
        {
            if (mass[range] == 0)
                continue;
            (last, below) = (range, removed);
            if ((float)((removed + mass[range]) / total) > removable)
                break;
            removed += mass[range];
        }
        removed = below;
        return last;
    }

    /// <summary>Collects the weights from one number, as bits, up to but not including another.</summary>
    private int Select(ReadOnlySpan<float> members, int from, int to)
    {
        int count = 0;
        var (least, end) = (BitConverter.Int32BitsToSingle(from), BitConverter.Int32BitsToSingle(to));
        for (int i = 0; i < members.Length; i += LogitScan.Stride)
        {
            uint hits = LogitScan.AtLeast(members, i, least);
            if (hits == 0)
                continue;
            for (hits &= ~LogitScan.AtLeast(members, i, end); hits != 0; hits &= hits - 1)
                _members[count++] = members[i + BitOperations.TrailingZeroCount(hits)];
        }
        return count;
    }

    /// <summary>How many of so many equal weights go.</summary>
    private static int RemovableOf(int count, float weight, double removed, double total, float removable)
    {
        var (low, high) = (0, count);
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if ((float)((removed + middle * (double)weight) / total) <= removable)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }
}
