using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>Memory of one worker, outside the managed heap: it is there when it is needed, gone afterwards, and never moved.</summary>
internal sealed unsafe class TileBuffer(int bytes) : IDisposable
{
    private byte* _memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);

    public Span<byte> Take(int count)
    {
        ObjectDisposedException.ThrowIf(_memory is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, bytes);
        return new Span<byte>(_memory, count);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
