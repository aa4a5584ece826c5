using System.Diagnostics;

namespace XlLoraOnnx.Exporter;

/// <summary>The disk that an output folder lies on, or will lie on.</summary>
internal static class OutputDisk
{
    /// <summary>The nearest folder above that exists.</summary>
    public static string FolderAbove(string output)
    {
        var folder = Path.GetDirectoryName(output);
        while (folder is not null && !Directory.Exists(folder))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException($"There is no folder above '{output}'. Choose another output.");
    }

    /// <exception cref="IOException">Nothing can be written there.</exception>
    public static void CheckWritable(string output)
    {
        var folder = FolderAbove(output);
        try
        {
            OpenProbe(folder).Dispose();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new IOException(
                $"'{folder}' cannot be written to: {e.Message} Choose another output, or get the right to write there.", e);
        }
    }

    /// <summary>Bytes that this user may write; null where the system does not say.</summary>
    public static long? Free(string output)
    {
        var folder = FolderAbove(output);
        try
        {
            return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder).AvailableFreeSpace;
        }
        catch (ArgumentException)
        {
            // a network share without a drive letter
            return null;
        }
    }

    /// <summary>Bytes a second that arrive on the disk.</summary>
    public static double MeasureWriting(string output, int bytes)
    {
        var data = new byte[bytes];
        using var probe = OpenProbe(FolderAbove(output));
        var start = Stopwatch.GetTimestamp();
        probe.Write(data);
        probe.Flush(flushToDisk: true);
        return bytes / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static FileStream OpenProbe(string folder) => new(Path.Combine(folder, $".xllora-onnx-{Guid.NewGuid():N}"),
        FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
}
