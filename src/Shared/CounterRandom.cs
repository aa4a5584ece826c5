namespace XlLoraOnnx;

/// <summary>Random numbers that are a function of (seed, stream, position): the same on every machine, in any order, on any
/// thread.</summary>
/// <remarks>
/// The output function of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014) over a counter.
/// <see cref="Random"/> with a seed is not used: its algorithm may change between versions of .NET.
/// </remarks>
internal static class CounterRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>A number below <paramref name="bound"/>; the bias of the multiplication is below bound / 2⁶⁴.</summary>
    public static int Below(int bound, ulong seed, ulong stream, ulong position) =>
        (int)Math.BigMul(Word(seed, stream, position), (ulong)bound, out _);

    /// <summary>A multiple of 2⁻⁵³ from 0 up to, but not including, 1; all are equally likely.</summary>
    public static double Unit(ulong seed, ulong stream, ulong position) => (Word(seed, stream, position) >> 11) * (1.0 / (1UL << 53));

    /// <summary>64 bits.</summary>
    public static ulong Word(ulong seed, ulong stream, ulong position) =>
        Mix(Mix(seed + Golden * (stream + 1)) + Golden * (position + 1));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
