using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>Numbers on this machine and on a device; one and the same memory where the device is this machine.</summary>
internal sealed unsafe class MirroredBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly IDeviceMemory _memory;
    private nint _device;

    public MirroredBuffer(IDeviceMemory memory, long count)
    {
        (_memory, Count) = (memory, count);
        _device = memory.Allocate(Bytes);
        try
        {
            Host = (T*)(memory.IsHost ? _device : memory.AllocateHost(Bytes));
        }
        catch
        {
            memory.Free(_device);
            throw;
        }
    }

    public long Count { get; }

    public T* Host { get; private set; }

    private long Bytes => Count * sizeof(T);

    public void Upload()
    {
        if (!_memory.IsHost)
            _memory.Upload(new ReadOnlySpan<byte>(Host, checked((int)Bytes)), _device);
    }

    public void Download(long first, int count)
    {
        if (!_memory.IsHost)
            _memory.Download(_device + (nint)(first * sizeof(T)), new Span<byte>(Host + first, checked(count * sizeof(T))));
    }

    /// <summary>Over the beginning of the device's memory; the caller disposes it.</summary>
    public OrtValue Tensor(TensorElementType type, params long[] shape) =>
        OrtValue.CreateTensorValueWithData(_memory.Info, type, shape, _device, Bytes);

    /// <summary>Over the beginning of this machine's; the caller disposes it.</summary>
    public OrtValue HostTensor(TensorElementType type, params long[] shape) =>
        OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, type, shape, (nint)Host, Bytes);

    public void Dispose()
    {
        if (_device == 0)
            return;
        if (!_memory.IsHost)
            _memory.FreeHost((nint)Host);
        _memory.Free(_device);
        _device = 0;
        Host = null;
    }
}
