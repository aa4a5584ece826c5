using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Training;

/// <summary>
/// What each place where a graph drops out is multiplied by, 0 or 1 / (1 − p): a function of seed, step and place alone. The memory is that of
/// the step before.
/// </summary>
internal sealed unsafe class DropoutMasks(IReadOnlyList<DropoutSite> sites, ulong seed) : IDisposable
{
    private const int BitsOfPart = 12;
    private const int DrawsOfWord = 4;
    private const int Block = 1 << 14;

    private readonly (nint Address, long Length)[] _buffers = new (nint, long)[sites.Count];

    /// <param name="symbols">Values of the symbols of shapes.</param>
    /// <param name="part">Of the step, when it is computed in several.</param>
    /// <returns>By the names of the graph's inputs, until the next call; to be disposed by the caller.</returns>
    public IEnumerable<KeyValuePair<string, OrtValue>> Make(IReadOnlyDictionary<string, long> symbols, long step, int part)
    {
        for (var i = 0; i < sites.Count; i++)
        {
            var shape = ValueShapes.Evaluate(sites[i].Shape, symbols);
            var length = shape.Aggregate(1L, (product, dim) => product * dim);
            var stream = (((ulong)step << BitsOfPart) | (uint)part) << BitsOfPart | (uint)i;
            yield return new(sites[i].Input, Fill(i, length, shape, stream));
        }
    }

    public void Dispose()
    {
        foreach (var (address, _) in _buffers)
            NativeMemory.Free((void*)address);
    }

    private OrtValue Fill(int site, long length, long[] shape, ulong stream)
    {
        if (_buffers[site].Length < length)
        {
            var grown = (nint)NativeMemory.Realloc((void*)_buffers[site].Address, (nuint)length * sizeof(float));
            _buffers[site] = (grown, length);
        }
        var values = (float*)_buffers[site].Address;
        var kept = (float)(1 / (1 - sites[site].Probability));
        // a resolution of 2⁻¹⁶: four draws of each 64 bits
        var least = (ushort)Math.Round(sites[site].Probability * (ushort.MaxValue + 1));
        Parallel.For(0L, (length + Block - 1) / Block, block =>
        {
            var part = new Span<float>(values + block * Block, (int)Math.Min(Block, length - block * Block));
            for (var i = 0; i < part.Length; i += DrawsOfWord)
            {
                var word = CounterRandom.Word(seed, stream, (ulong)((block * Block + i) / DrawsOfWord));
                for (var k = i; k < Math.Min(i + DrawsOfWord, part.Length); k++, word >>= 16)
                    part[k] = (ushort)word >= least ? kept : 0;
            }
        });
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, TensorElementType.Float, shape, (nint)values, length * sizeof(float));
    }
}
