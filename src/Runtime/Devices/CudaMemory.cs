using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>The memory of one CUDA device, through the CUDA runtime that ONNX Runtime's provider has loaded.</summary>
/// <remarks>
/// CUDA Runtime API, sections Memory Management, Stream Management and API synchronization behavior. ONNX Runtime computes in a stream of
/// its own that does not wait for the default stream, in which everything here runs: so nothing here may return before it is done.
/// ONNX Runtime in turn waits for its stream at the end of a run.
/// </remarks>
internal sealed unsafe class CudaMemory : IDeviceMemory
{
    private const int OutOfMemory = 2;
    private const nint DefaultStream = 0;
    private const uint Portable = 1;
    private const int DeviceToDevice = 3, HostToDevice = 1, DeviceToHost = 2;

    private static readonly string[] Libraries = ["libcudart.so.13", "libcudart.so.12", "cudart64_13.dll", "cudart64_12.dll"];

    private readonly int _device;
    private readonly nint _library;
    private readonly delegate* unmanaged<int, int> _setDevice;
    private readonly delegate* unmanaged<nint*, nuint, int> _malloc;
    private readonly delegate* unmanaged<nint, int> _free;
    private readonly delegate* unmanaged<nint*, nuint, uint, int> _hostAlloc;
    private readonly delegate* unmanaged<nint, int> _freeHost;
    private readonly delegate* unmanaged<nint, int, nuint, int> _memset;
    private readonly delegate* unmanaged<nint, nuint, nint, nuint, nuint, nuint, int, int> _memcpy2D;
    private readonly delegate* unmanaged<nint, nint, nuint, int, int> _memcpy;
    private readonly delegate* unmanaged<nint, int> _streamSynchronize;
    private readonly delegate* unmanaged<nuint*, nuint*, int> _memGetInfo;
    private readonly delegate* unmanaged<int, nint> _errorString;

    /// <exception cref="InvalidDataException">There is no CUDA runtime on this machine, or no such device.</exception>
    public CudaMemory(int device)
    {
        _device = device;
        foreach (var name in Libraries)
        {
            if (NativeLibrary.TryLoad(name, typeof(CudaMemory).Assembly, null, out _library))
                break;
        }
        if (_library == 0)
            throw new InvalidDataException(
                $"No CUDA runtime is here for cuda:{device}; looked for {string.Join(", ", Libraries)}. "
                + "Install CUDA, or use the device cpu.");
        _setDevice = (delegate* unmanaged<int, int>)Export("cudaSetDevice");
        _malloc = (delegate* unmanaged<nint*, nuint, int>)Export("cudaMalloc");
        _free = (delegate* unmanaged<nint, int>)Export("cudaFree");
        _hostAlloc = (delegate* unmanaged<nint*, nuint, uint, int>)Export("cudaHostAlloc");
        _freeHost = (delegate* unmanaged<nint, int>)Export("cudaFreeHost");
        _memset = (delegate* unmanaged<nint, int, nuint, int>)Export("cudaMemset");
        _memcpy2D = (delegate* unmanaged<nint, nuint, nint, nuint, nuint, nuint, int, int>)Export("cudaMemcpy2D");
        _memcpy = (delegate* unmanaged<nint, nint, nuint, int, int>)Export("cudaMemcpy");
        _streamSynchronize = (delegate* unmanaged<nint, int>)Export("cudaStreamSynchronize");
        _memGetInfo = (delegate* unmanaged<nuint*, nuint*, int>)Export("cudaMemGetInfo");
        _errorString = (delegate* unmanaged<int, nint>)Export("cudaGetErrorString");
        var code = _setDevice(device);
        if (code != 0)
            throw new InvalidDataException($"cuda:{device} cannot be used: {Text(code)} ({code}). Is the device there, and its driver?");
        Info = new OrtMemoryInfo("Cuda", OrtAllocatorType.DeviceAllocator, device, OrtMemType.Default);
    }

    public OrtMemoryInfo Info { get; }

    public bool IsHost => false;

    public long FreeBytes
    {
        get
        {
            nuint free, total;
            Use();
            Check(_memGetInfo(&free, &total), "ask for its free memory");
            return (long)free;
        }
    }

    public nint Allocate(long bytes)
    {
        nint address;
        Use();
        Check(_malloc(&address, (nuint)Math.Max(bytes, 1)), $"allocate {bytes:N0} bytes");
        try
        {
            Check(_memset(address, 0, (nuint)bytes), "clear memory");
            Finish();
            return address;
        }
        catch
        {
            Free(address);
            throw;
        }
    }

    public void Free(nint address)
    {
        Use();
        // at the end of a process the driver may be gone before us; there is nothing left to free then
        _ = _free(address);
    }

    public bool IsSparse => false;

    public nint AllocateSparse(long bytes) => Allocate(bytes);

    public void FreeSparse(nint address, long bytes) => Free(address);

    public void Discard(nint address, long bytes)
    {
        // taken up as a whole
    }

    public nint AllocateHost(long bytes)
    {
        nint address;
        Use();
        Check(_hostAlloc(&address, (nuint)Math.Max(bytes, 1), Portable), $"pin {bytes:N0} bytes of this machine");
        NativeMemory.Clear((void*)address, (nuint)bytes);
        return address;
    }

    public void FreeHost(nint address)
    {
        Use();
        _ = _freeHost(address);
    }

    public void Copy(nint from, long pitch, nint to, long toPitch, long bytes, int pieces)
    {
        if (bytes == 0 || pieces == 0)
            return;
        Use();
        // within a device it returns before it is done
        Check(_memcpy2D(to, (nuint)toPitch, from, (nuint)pitch, (nuint)bytes, (nuint)pieces, DeviceToDevice), "copy");
    }

    public void Finish()
    {
        Use();
        Check(_streamSynchronize(DefaultStream), "finish copies");
    }

    public void Upload(ReadOnlySpan<byte> from, nint to)
    {
        Use();
        fixed (byte* source = from)
            Check(_memcpy(to, (nint)source, (nuint)from.Length, HostToDevice), "take data");
        // from memory that is not pinned, a copy returns when the data is staged, and not when it is there
        Check(_streamSynchronize(DefaultStream), "take data");
    }

    public void Download(nint from, Span<byte> to)
    {
        Use();
        fixed (byte* target = to)
            Check(_memcpy((nint)target, from, (nuint)to.Length, DeviceToHost), "give data");
    }

    public void Dispose() => Info.Dispose();

    /// <summary>The device is a matter of the calling thread.</summary>
    private void Use() => Check(_setDevice(_device), "be chosen");

    private nint Export(string name) => NativeLibrary.GetExport(_library, name);

    private string Text(int code) => Marshal.PtrToStringUTF8(_errorString(code)) ?? "unknown error";

    private void Check(int code, string what)
    {
        if (code == OutOfMemory)
            throw new DeviceMemoryException($"cuda:{_device} has not enough memory to {what}.");
        if (code != 0)
            throw new DeviceFailedException($"cuda:{_device} failed to {what}: {Text(code)} ({code}).");
    }
}
