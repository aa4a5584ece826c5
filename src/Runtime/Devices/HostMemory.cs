using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>The memory of this machine.</summary>
internal sealed unsafe class HostMemory : IDeviceMemory
{
    private const int Alignment = 64;

    public OrtMemoryInfo Info => OrtMemoryInfo.DefaultInstance;

    public bool IsHost => true;

    /// <summary>What the machine has free, or the limit of this process leaves.</summary>
    public long FreeBytes
    {
        get
        {
            var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet;
            return Math.Max(0, Math.Min(limit, AvailableBytes() ?? long.MaxValue));
        }
    }

    public nint Allocate(long bytes)
    {
        try
        {
            var address = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, Alignment), Alignment);
            // writing makes the pages real: what is missing shows now and not in the middle of a row
            NativeMemory.Clear(address, (nuint)bytes);
            return (nint)address;
        }
        catch (OutOfMemoryException e)
        {
            throw NoMemory(bytes, e);
        }
    }

    public void Free(nint address) => NativeMemory.AlignedFree((void*)address);

    public bool IsSparse => LinuxPages.IsSupported;

    public nint AllocateSparse(long bytes) => !IsSparse ? Allocate(bytes)
        : LinuxPages.Map(Math.Max(bytes, Alignment)) ?? throw NoMemory(bytes);

    public void FreeSparse(nint address, long bytes)
    {
        if (IsSparse)
            LinuxPages.Unmap(address, Math.Max(bytes, Alignment));
        else
            Free(address);
    }

    public void Discard(nint address, long bytes)
    {
        if (IsSparse)
            LinuxPages.Discard(address, bytes);
    }

    public nint AllocateHost(long bytes) => Allocate(bytes);

    public void FreeHost(nint address) => Free(address);

    public void Copy(nint from, long pitch, nint to, long toPitch, long bytes, int pieces)
    {
        for (var i = 0; i < pieces; i++)
            NativeMemory.Copy((void*)(from + (nint)(i * pitch)), (void*)(to + (nint)(i * toPitch)), (nuint)bytes);
    }

    public void Finish()
    {
        // copies are done when they return
    }

    public void Upload(ReadOnlySpan<byte> from, nint to) => from.CopyTo(new Span<byte>((void*)to, from.Length));

    public void Download(nint from, Span<byte> to) => new ReadOnlySpan<byte>((void*)from, to.Length).CopyTo(to);

    public void Dispose()
    {
        // nothing of its own
    }

    private static DeviceMemoryException NoMemory(long bytes, Exception? cause = null) =>
        new($"The machine has no {bytes:N0} bytes of memory left.", cause);

    /// <summary>Linux says it; null elsewhere.</summary>
    private static long? AvailableBytes()
    {
        const string File = "/proc/meminfo";
        const string Key = "MemAvailable:";
        if (!System.IO.File.Exists(File))
            return null;
        var line = System.IO.File.ReadLines(File).FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
        return line is null ? null : long.Parse(line.AsSpan(Key.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
