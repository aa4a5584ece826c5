using System.Buffers.Binary;
using System.Text;

namespace XlLoraOnnx.Training;

/// <summary>First values of what is trained anew: a function of the seed and of which parameter it is, whatever others there are.</summary>
internal static class InitialValues
{
    /// <summary>Of <see cref="CounterRandom"/>, with a hash of the name below: no other numbers of a run are drawn from there.</summary>
    public const ulong Stream = 1UL << 62;

    public static ulong StreamOf(string name) =>
        Stream | BinaryPrimitives.ReadUInt64LittleEndian(Sha256.Hash(Encoding.UTF8.GetBytes(name))) & (Stream - 1);

    /// <summary>Uniform within ± <paramref name="bound"/>.</summary>
    public static void Uniform(Span<float> values, double bound, long seed, ulong stream)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(bound * (2 * CounterRandom.Unit((ulong)seed, stream, (ulong)i) - 1));
    }

    /// <summary>Normal numbers of two uniform ones each (Box and Muller).</summary>
    public static void Normal(Span<float> values, double deviation, long seed, ulong stream)
    {
        for (var i = 0; i < values.Length; i++)
        {
            // 1 − u, whose logarithm is finite
            var radius = Math.Sqrt(-2 * Math.Log(1 - CounterRandom.Unit((ulong)seed, stream, 2 * (ulong)i)));
            values[i] = (float)(deviation * radius * Math.Cos(2 * Math.PI * CounterRandom.Unit((ulong)seed, stream, 2 * (ulong)i + 1)));
        }
    }
}
