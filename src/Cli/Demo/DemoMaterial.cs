using System.Security.Cryptography;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary>The demonstration checkpoints, adapters and data that come with the program, and their exports in a cache folder.</summary>
internal static class DemoMaterial
{
    private static readonly string[] AdapterFolders = ["pos", "neg"];
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "demo");

    /// <summary>600 anchors in ten languages.</summary>
    public static string Anchors => Truth;

    /// <summary>What follows from each of them, and what contradicts it.</summary>
    public static string Truth { get; } = Path.Combine(Folder, "world", "truth.jsonl.gz");

    /// <summary>6,000 triplets of nine languages, of other events: what the adapters were trained on.</summary>
    public static string Training { get; } = Path.Combine(Folder, "world", "train.csv.gz");

    /// <summary>The checkpoint of the language model, without adapters.</summary>
    public static string Base { get; } = Path.Combine(Folder, "base");

    /// <summary>The checkpoint of the encoder, which has seen no triplets.</summary>
    public static string Encoder { get; } = Path.Combine(Folder, "encoder");

    /// <summary>How the model is told to translate: its base was trained with that prompt.</summary>
    public static string Pairs { get; } = Path.Combine(Folder, "pairs.json");

    /// <summary>Sentence pairs of the same world with scores, and questions with their answers among its sentences.</summary>
    public static IReadOnlyList<string> Evaluation { get; } =
        [Path.Combine(Folder, "world", "sts.csv"), Path.Combine(Folder, "world", "retrieval.json")];

    /// <summary>The exported model; exports it if this version has not done so on this machine.</summary>
    public static string ExportedModel(CancellationToken cancellationToken) => Exported("demo-gemma3", "base", ["base", .. AdapterFolders],
        new ExportOptions { Adapters = AdapterFolders.ToDictionary(name => name, name => Path.Combine(Folder, name)) }, cancellationToken);

    /// <summary>The exported encoder, as <see cref="ExportedModel"/>.</summary>
    public static string ExportedEncoder(CancellationToken cancellationToken) => Exported("demo-encoder", "encoder", ["encoder"],
        new ExportOptions { Pooling = EmbeddingPooling.AvgFirstLast }, cancellationToken);

    private static string Exported(
        string name, string checkpoint, IEnumerable<string> material, ExportOptions options, CancellationToken cancellationToken)
    {
        var output = Path.Combine(CacheFolder(), $"{name}-{Key(material)}");
        if (Directory.Exists(output))
            return output;
        Directory.CreateDirectory(CacheFolder());
        Console.Error.WriteLine($"exporting {name} to {output} (once)");
        while (!Directory.Exists(output))
        {
            try
            {
                ModelExporter.Export(Path.Combine(Folder, checkpoint), output, options, progress: null, cancellationToken);
            }
            catch (ExportLockedException)
            {
                // Another process is at it, or has just finished: its folder is as good as ours.
                cancellationToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100));
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (IOException) when (Directory.Exists(output))
            {
                // Another process was faster; a folder under its final name is complete.
            }
        }
        return output;
    }

    /// <summary>XLLORA_ONNX_CACHE, or the user's cache folder as the platform has it.</summary>
    private static string CacheFolder()
    {
        if (Environment.GetEnvironmentVariable("XLLORA_ONNX_CACHE") is { Length: > 0 } chosen)
            return Path.GetFullPath(chosen);
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg)
            return Path.Combine(xdg, "xllora-onnx");
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "xllora-onnx", "cache");
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsMacOS()
            ? Path.Combine(home, "Library", "Caches", "xllora-onnx")
            : Path.Combine(home, ".cache", "xllora-onnx");
    }

    /// <summary>Changes with the material and with the exporter, so that no stale export is used.</summary>
    private static string Key(IEnumerable<string> folders)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(typeof(ModelExporter).Module.ModuleVersionId.ToByteArray());
        foreach (var folder in folders)
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Folder, folder)).Order(StringComparer.Ordinal))
                hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset()[..8]);
    }
}
