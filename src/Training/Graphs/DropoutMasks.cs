using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>What stays at each place where a graph drops out: a function of seed, step and place alone.</summary>
internal static class DropoutMasks
{
    private const int BitsOfPart = 12;
    private const int DrawsOfWord = 4;

    /// <param name="symbols">Values of the symbols of shapes.</param>
    /// <param name="part">Of the step, when it is computed in several.</param>
    /// <returns>To be disposed by the caller.</returns>
    public static IEnumerable<KeyValuePair<string, OrtValue>> Make(
        IReadOnlyList<DropoutSite> sites, IReadOnlyDictionary<string, long> symbols, ulong seed, long step, int part)
    {
        for (var i = 0; i < sites.Count; i++)
        {
            var shape = ValueShapes.Evaluate(sites[i].Shape, symbols);
            var keep = new bool[shape.Aggregate(1L, (product, dim) => product * dim)];
            var stream = (((ulong)step << BitsOfPart) | (uint)part) << BitsOfPart | (uint)i;
            Fill(keep, sites[i].Probability, seed, stream);
            yield return new(sites[i].Input, OrtValue.CreateTensorValueFromMemory(keep, shape));
        }
    }

    /// <summary>With a resolution of 2⁻¹⁶: four draws of each 64 bits.</summary>
    private static void Fill(bool[] keep, double probability, ulong seed, ulong stream)
    {
        const int Block = 1 << 14;
        var least = (ushort)Math.Round(probability * (ushort.MaxValue + 1));
        Parallel.For(0, (keep.Length + Block - 1) / Block, block =>
        {
            var part = keep.AsSpan(block * Block, Math.Min(Block, keep.Length - block * Block));
            for (var i = 0; i < part.Length; i += DrawsOfWord)
            {
                var word = CounterRandom.Word(seed, stream, (ulong)(block * (Block / DrawsOfWord) + i / DrawsOfWord));
                var draws = MemoryMarshal.Cast<ulong, ushort>(MemoryMarshal.CreateReadOnlySpan(ref word, 1));
                for (var k = 0; k < Math.Min(DrawsOfWord, part.Length - i); k++)
                    part[i + k] = draws[k] >= least;
            }
        });
    }
}
