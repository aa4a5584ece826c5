using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>The input <c>lora_mask</c> [rows, 1, rank]: one for the ranks of a row's lane in a bank, zero for the others.</summary>
/// <param name="rows">Most in one run.</param>
/// <param name="type">Of the graph's inputs.</param>
internal sealed unsafe class LaneMask(IDeviceMemory memory, int rows, TensorElementType type) : IDisposable
{
    private MirroredBuffer<byte>? _mask;

    private int ElementBytes => type == TensorElementType.Float ? sizeof(float) : sizeof(ushort);

    /// <param name="lane">−1 for no adapter.</param>
    public void Write(LoraBank bank, int row, int lane)
    {
        var bytes = new Span<byte>(Mask(bank).Host + (long)row * bank.Rank * ElementBytes, bank.Rank * ElementBytes);
        bytes.Clear();
        if (lane < 0)
            return;
        var (first, rank) = bank.Lanes[lane];
        bytes = bytes.Slice(first * ElementBytes, rank * ElementBytes);
        if (type == TensorElementType.Float)
            MemoryMarshal.Cast<byte, float>(bytes).Fill(1);
        else
            MemoryMarshal.Cast<byte, ushort>(bytes).Fill((ushort)(type == TensorElementType.Float16 ? 0x3C00 : 0x3F80));
    }

    /// <summary>To the device; nothing where it is this machine.</summary>
    public void Upload() => _mask?.Upload();

    /// <summary>The caller disposes it.</summary>
    public OrtValue Tensor(LoraBank bank, int count) => Mask(bank).Tensor(type, count, 1, bank.Rank);

    public void Dispose() => _mask?.Dispose();

    private MirroredBuffer<byte> Mask(LoraBank bank)
    {
        var bytes = (long)rows * bank.Rank * ElementBytes;
        if (_mask?.Count == bytes)
            return _mask;
        _mask?.Dispose();
        return _mask = new MirroredBuffer<byte>(memory, bytes);
    }
}
