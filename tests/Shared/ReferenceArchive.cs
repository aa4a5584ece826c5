using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace XlLoraOnnx.Tests;

/// <summary>
/// Reference data lies packed in the repository: NAME.zip stands for the folder NAME and is unpacked once beside the tests. A file
/// FILE.same-as in it holds the path of the file that FILE is a copy of, from the folder of the archive. FILE.planes is a safetensors
/// file whose numbers lie by their first bytes, their second ones and so on, which compresses better (tools/reference/pack.py).
/// </summary>
internal static class ReferenceArchive
{
    private const string CopyExtension = ".same-as", PlanesExtension = ".planes";

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
        foreach (var planes in Directory.GetFiles(partial, "*" + PlanesExtension, SearchOption.AllDirectories))
        {
            File.WriteAllBytes(planes[..^PlanesExtension.Length], Interleave(File.ReadAllBytes(planes)));
            File.Delete(planes);
        }
        Directory.Move(partial, folder);
        return folder;
    }

    private static byte[] Interleave(byte[] planes)
    {
        var start = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(planes);
        using var header = JsonDocument.Parse(planes.AsMemory(8, start - 8));
        var tensors = header.RootElement.EnumerateObject().Where(t => t.Name != "__metadata__").Select(t => (
            Type: t.Value.GetProperty("dtype").GetString()!,
            Start: t.Value.GetProperty("data_offsets")[0].GetInt32(),
            End: t.Value.GetProperty("data_offsets")[1].GetInt32())).OrderBy(t => t.Start).ThenBy(t => t.End).ToArray();
        var bytes = new byte[planes.Length];
        planes.AsSpan(0, start).CopyTo(bytes);
        var next = start;
        foreach (var type in tensors.Select(t => t.Type).Distinct().Order(StringComparer.Ordinal))
        {
            var width = type switch { "F32" => 4, "I64" => 8, _ => 2 };
            for (var plane = 0; plane < width; plane++)
            {
                foreach (var tensor in tensors.Where(t => t.Type == type))
                {
                    for (var at = start + tensor.Start + plane; at < start + tensor.End; at += width)
                        bytes[at] = planes[next++];
                }
            }
        }
        return bytes;
    }
}
