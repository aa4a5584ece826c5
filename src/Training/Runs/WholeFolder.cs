using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Training;

/// <summary>A folder that is there whole or not at all: written as <c>NAME.partial</c>, and renamed when all is on the disk.</summary>
/// <remarks><c>SHA256SUMS</c> in it is what <c>sha256sum -c</c> reads.</remarks>
internal static class WholeFolder
{
    public const string SumsFile = "SHA256SUMS";
    public const string Partial = ".partial";

    public static void Write(string path, IEnumerable<(string Name, Action<Stream> Write)> files)
    {
        var partial = path + Partial;
        if (Directory.Exists(partial))
            Directory.Delete(partial, recursive: true);
        RunFaults.Pass(RunPoint.BeforeCreate, partial);
        Directory.CreateDirectory(partial);
        var sums = new StringBuilder();
        foreach (var (name, write) in files)
            sums.Append(WriteFile(Path.Combine(partial, name), write)).Append("  ").Append(name).Append('\n');
        WriteFile(Path.Combine(partial, SumsFile), stream => stream.Write(Encoding.UTF8.GetBytes(sums.ToString())));
        Delete(path);
        RunFaults.Pass(RunPoint.BeforeRename, path);
        Directory.Move(partial, path);
        RunFaults.Pass(RunPoint.AfterRename, path);
    }

    /// <summary>Reads all of it once.</summary>
    /// <exception cref="InvalidDataException">Something is missing or not what it was.</exception>
    public static void Verify(string path)
    {
        var sums = Path.Combine(path, SumsFile);
        if (!File.Exists(sums))
            throw new InvalidDataException($"'{path}' has no {SumsFile}: it is not what was written.");
        foreach (var line in File.ReadAllLines(sums))
        {
            if (line.Split("  ", 2) is not [{ Length: 64 } expected, var name] || name != Path.GetFileName(name))
                throw new InvalidDataException($"'{sums}' has the line \"{line}\"; expected is a SHA-256, two spaces and a file name.");
            var file = Path.Combine(path, name);
            if (!File.Exists(file))
                throw new InvalidDataException($"'{file}' is missing; {SumsFile} names it.");
            using var stream = File.OpenRead(file);
            if (Convert.ToHexStringLower(SHA256.HashData(stream)) is var found && found != expected)
                throw new InvalidDataException(
                    $"'{file}' is damaged: its {stream.Length} bytes have the SHA-256 {found}, and {SumsFile} says {expected}.");
        }
    }

    /// <summary>Deletes one that may be gone already. Half of it never has its name.</summary>
    public static void Delete(string path)
    {
        if (!Directory.Exists(path))
            return;
        var leaving = path + ".deleted" + Partial;
        if (Directory.Exists(leaving))
            Directory.Delete(leaving, recursive: true);
        RunFaults.Pass(RunPoint.BeforeDelete, path);
        Directory.Move(path, leaving);
        RunFaults.Pass(RunPoint.AfterDelete, path);
        Directory.Delete(leaving, recursive: true);
    }

    /// <returns>SHA-256 in hexadecimal digits.</returns>
    private static string WriteFile(string path, Action<Stream> write)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        write(file);
        RunFaults.Pass(RunPoint.WithinWrite, path);
        file.Flush(flushToDisk: true);
        RunFaults.Pass(RunPoint.AfterWrite, path);
        file.Position = 0;
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
