using System.Collections.Concurrent;
using System.IO.Compression;
using System.Security.Cryptography;

namespace XlLoraOnnx.Tests;

/// <summary>
/// Reference data lies packed in the repository: NAME.zip stands for the folder NAME and is unpacked once beside the tests. A file
/// FILE.same-as in it holds the path of the file that FILE is a copy of, from the folder of the archive.
/// </summary>
internal static class ReferenceArchive
{
    private const string CopyExtension = ".same-as";

    private static readonly ConcurrentDictionary<string, Lazy<string>> Unpacked = [];

    /// <returns>The path itself, or its place in the unpacked archive that stands for a folder above it.</returns>
    public static string Resolve(string data, string path)
    {
        for (var folder = path; folder.Length > data.Length; folder = Path.GetDirectoryName(folder)!)
        {
            if (File.Exists(folder + ".zip"))
            {
                var name = Path.GetRelativePath(data, folder);
                var unpacked = Unpacked.GetOrAdd(folder, f => new Lazy<string>(() => Unpack(f + ".zip", name))).Value;
                return Path.GetFullPath(Path.Combine(unpacked, Path.GetRelativePath(folder, path)));
            }
        }
        return path;
    }

    private static string Unpack(string archive, string name)
    {
        // the version is in the path, so that an archive that changes is never mixed with what it was
        var version = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(archive))[..4]);
        var folder = Path.Combine(AppContext.BaseDirectory, "data", version, name);
        if (Directory.Exists(folder))
            return folder;
        var partial = $"{folder}.{Environment.ProcessId}";
        ZipFile.ExtractToDirectory(archive, partial);
        foreach (var copy in Directory.GetFiles(partial, "*" + CopyExtension, SearchOption.AllDirectories))
        {
            var folderOfArchives = Path.GetDirectoryName(archive)!;
            File.Copy(Resolve(folderOfArchives, Path.Combine(folderOfArchives, File.ReadAllText(copy).Trim())), copy[..^CopyExtension.Length]);
            File.Delete(copy);
        }
        Directory.Move(partial, folder);
        return folder;
    }
}
