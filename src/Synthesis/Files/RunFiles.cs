namespace XlLoraOnnx.Synthesis;

/// <summary>Small files of a run folder, each step of which may be the last one of a process.</summary>
internal static class RunFiles
{
    private const int MaxBytes = 4096;

    /// <summary>A file that was not there: of several processes, also on a shared disk, one creates it and the others fail.</summary>
    /// <param name="durable">Waits for the disk.</param>
    /// <returns>Whether this one did.</returns>
    /// <remarks>
    /// By O_EXCL. Not by a move that must not overwrite: on Unix .NET looks first and then renames, and both of two would succeed.
    /// A process that dies here leaves the file empty.
    /// </remarks>
    public static bool TryCreate(string path, ReadOnlySpan<byte> bytes, bool durable = false)
    {
        RunFaults.Pass(RunPoint.BeforeCreate, path);
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
        }
        catch (IOException e) when (FileErrors.IsExisting(e) || File.Exists(path))
        {
            return false;
        }

        using (file)
        {
            RunFaults.Pass(RunPoint.WithinCreate, path);
            file.Write(bytes);
            if (durable)
                file.Flush(flushToDisk: true);
        }

        RunFaults.Pass(RunPoint.AfterCreate, path);
        return true;
    }

    /// <summary>Gives a file its content in one step: others see the old one or the new one, whole.</summary>
    /// <param name="durable">Waits for the disk before the file gets its name.</param>
    public static void Replace(string path, ReadOnlySpan<byte> bytes, bool durable = false)
    {
        var temporary = path + ".tmp";
        RunFaults.Pass(RunPoint.BeforeCreate, temporary);
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.Read, 0))
        {
            file.Write(bytes);
            if (durable)
                file.Flush(flushToDisk: true);
        }

        RunFaults.Pass(RunPoint.AfterCreate, temporary);
        Rename(temporary, path);
    }

    /// <summary>The same where several processes may do so at a time, each with its own content: one of them stays, whole.</summary>
    public static void Publish(string path, ReadOnlySpan<byte> bytes)
    {
        var temporary = $"{path}.{Guid.NewGuid():n}";
        RunFaults.Pass(RunPoint.BeforeCreate, temporary);
        using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 0))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        RunFaults.Pass(RunPoint.AfterCreate, temporary);
        Rename(temporary, path);
    }

    /// <summary>Renames over what has the name now.</summary>
    public static void Rename(string from, string to)
    {
        RunFaults.Pass(RunPoint.BeforeRename, to);
        File.Move(from, to, overwrite: true);
        RunFaults.Pass(RunPoint.AfterRename, to);
    }

    /// <summary>Deletes a file that may be gone already.</summary>
    public static void Delete(string path)
    {
        RunFaults.Pass(RunPoint.BeforeDelete, path);
        File.Delete(path);
        RunFaults.Pass(RunPoint.AfterDelete, path);
    }

    /// <returns>The bytes; null where there is no such file (any more). A folder that is gone is an error.</returns>
    public static byte[]? TryRead(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
            // A file of this kind has some hundred bytes; of a strange one, no more is looked at.
            var bytes = new byte[MaxBytes];
            return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
