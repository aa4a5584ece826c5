using System.Runtime.InteropServices;

namespace XlLoraOnnx.Runtime;

/// <summary>Memory in pages, taken up when first written and given back one by one: mmap(2), madvise(2).</summary>
internal static partial class LinuxPages
{
    private const int ReadWrite = 1 | 2, PrivateAnonymous = 0x02 | 0x20, DontNeed = 4;

    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <returns>Zeroed; null where there is not so much.</returns>
    public static nint? Map(long bytes)
    {
        var address = Map(0, (nuint)bytes, ReadWrite, PrivateAnonymous, file: -1, offset: 0);
        return address == -1 ? null : address;
    }

    public static void Unmap(nint address, long bytes) => Check(Unmap(address, (nuint)bytes));

    /// <summary>Pages that lie wholly within are given back, and zeros when they are read.</summary>
    public static void Discard(nint address, long bytes)
    {
        var page = (nint)Environment.SystemPageSize;
        var (first, end) = ((address + page - 1) / page * page, (address + (nint)bytes) / page * page);
        if (end > first)
            Check(Advise(first, (nuint)(end - first), DontNeed));
    }

    private static void Check(int result)
    {
        if (result != 0)
            throw new DeviceFailedException($"Linux refused to take memory back: error {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint bytes);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Advise(nint address, nuint bytes, int advice);
}
