namespace XlLoraOnnx.Training;

/// <summary>The 256 signed values of dynamic 8-bit quantisation (Dettmers: 8-Bit Approximations for Parallelism in Deep Learning,
/// arXiv 1511.04561), as bitsandbytes makes them (functional.py, create_dynamic_map).</summary>
internal static class DynamicMap
{
    private const int Exponents = 7;

    /// <summary>From −0.99… to 1, ascending.</summary>
    public static float[] Values { get; } = Make();

    private static readonly float[] Middles = [.. Values.Zip(Values.Skip(1), (a, b) => (a + b) / 2)];

    /// <summary>The nearest value of each number of a block.</summary>
    /// <returns>The largest magnitude, which the values are multiplied by.</returns>
    public static float Quantize(ReadOnlySpan<float> block, Span<byte> codes)
    {
        var absMax = 0f;
        foreach (var value in block)
            absMax = Math.Max(absMax, Math.Abs(value));
        for (var i = 0; i < block.Length; i++)
        {
            var place = Array.BinarySearch(Middles, absMax > 0 ? block[i] / absMax : 0);
            codes[i] = (byte)(place < 0 ? ~place : place);
        }
        return absMax;
    }

    private static float[] Make()
    {
        var values = new List<float> { 0, 1 };
        for (var exponent = 0; exponent < Exponents; exponent++)
        {
            var (count, power) = (1 << exponent, Math.Pow(10, exponent - (Exponents - 1)));
            for (var i = 0; i < count; i++)
            {
                // the middle of the i-th of equal parts of 0.1 to 1
                var value = (float)(power * (0.1 + 0.9 * (i + 0.5) / count));
                values.AddRange([value, -value]);
            }
        }
        values.Sort();
        return [.. values];
    }
}
