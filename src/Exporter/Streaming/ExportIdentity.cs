using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;

namespace XlLoraOnnx.Exporter;

/// <summary>What the bytes of a data file depend on. Two exports of the same identity may continue each other.</summary>
/// <param name="Tool">Version and build.</param>
/// <param name="Checkpoint">Names, sizes and times of its weight files.</param>
/// <param name="Options">All but the adapters, where FLARE's goes, and the memory ceiling, which do not change a weight.</param>
/// <param name="Graph">All of them, with the place of every initializer.</param>
internal sealed record ExportIdentity(string Tool, string Checkpoint, string Options, string Graph)
{
    public static ExportIdentity Of(
        string toolVersion, CheckpointFiles checkpoint, ExportOptions options, string? merged, IEnumerable<OnnxGraph> graphs)
    {
        var files = checkpoint.Files.Select(f => string.Create(CultureInfo.InvariantCulture,
            $"{Path.GetFileName(f.Path)}\t{f.Length}\t{f.LastWriteTimeUtc.Ticks}\n"));
        var plain = options with
        {
            Adapters = new Dictionary<string, string>(),
            MaxRam = null,
            Flare = options.Flare is null ? null : options.Flare with { AdapterFolder = null },
        };
        var build = typeof(ExportIdentity).Module.ModuleVersionId;
        return new ExportIdentity(Hash(toolVersion + build), Hash(string.Concat(files)), Hash(plain.ToString() + merged),
            Hash(graphs.Select(g => g.ToModel(toolVersion))));
    }

    public override string ToString() => $"tool={Tool} checkpoint={Checkpoint} options={Options} graph={Graph}";

    private static string Hash(string text) => Short(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>As a stream: the graphs of a large model have many MiB together.</summary>
    private static string Hash(IEnumerable<IMessage> messages)
    {
        using var sha256 = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, sha256, CryptoStreamMode.Write))
        {
            foreach (var message in messages)
                message.WriteTo(stream);
        }
        return Short(sha256.Hash!);
    }

    private static string Short(byte[] sha256) => Convert.ToHexStringLower(sha256[..16]);
}
