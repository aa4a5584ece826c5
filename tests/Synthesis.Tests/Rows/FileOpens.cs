using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Counts how often anybody opens a file, as Linux tells it (inotify).</summary>
internal sealed partial class FileOpens : IDisposable
{
    private const int NonBlocking = 0x800;
    private const uint Opened = 0x20, ClosedUnwritten = 0x10;
    private const int HeaderBytes = 16, MaskAt = 4, LengthAt = 12;

    private readonly SafeFileHandle _events;

    public FileOpens(string path)
    {
        int events = Start(NonBlocking);
        Assert.IsGreaterThanOrEqualTo(0, events, "inotify_init1");
        _events = new SafeFileHandle(events, ownsHandle: true);
        // With the closing between them, two openings are never told as one.
        Assert.IsGreaterThanOrEqualTo(0, Watch(events, path, Opened | ClosedUnwritten), "inotify_add_watch");
    }

    /// <summary>Openings and closings since it began.</summary>
    public (int Opened, int Closed) Count()
    {
        var bytes = new byte[1 << 16];
        var (opened, closed) = (0, 0);
        while (Read((int)_events.DangerousGetHandle(), bytes, bytes.Length) is > 0 and var count)
        {
            for (int at = 0; at < count; at += HeaderBytes + (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + LengthAt)))
            {
                var mask = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + MaskAt));
                opened += (mask & Opened) != 0 ? 1 : 0;
                closed += (mask & ClosedUnwritten) != 0 ? 1 : 0;
            }
        }

        return (opened, closed);
    }

    public void Dispose() => _events.Dispose();

    [LibraryImport("libc", EntryPoint = "inotify_init1")]
    private static partial int Start(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Watch(int events, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int events, byte[] buffer, nint bytes);
}
