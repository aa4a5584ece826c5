using System.IO.Compression;
using System.Reflection;

namespace XlLoraOnnx.Tests;

/// <summary>Where the checkout lies: test data and the demonstration material.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "RepositoryRoot").Value!;

    /// <summary>A file or folder of the reference data, unpacked where it lies in an archive.</summary>
    public static string Data(params string[] parts)
    {
        var data = Path.Combine(Root, "tests", "Data");
        return ReferenceArchive.Resolve(data, Path.Combine([data, .. parts]));
    }

    public static string Demo(params string[] parts) => Path.Combine([Root, "onnx-models", "demo-gemma3", .. parts]);

    /// <summary>The 600 lines of the demonstration's truth: JSON of anchors and what follows from each.</summary>
    public static IEnumerable<string> WorldLines() => Lines(Demo("world", "truth.jsonl.gz"));

    /// <summary>What transformers and peft answer for these anchors, greedily.</summary>
    public static IEnumerable<string> GreedyLines() => Lines(Demo("greedy.jsonl.gz"));

    /// <summary>Lines of a text that is kept compressed.</summary>
    public static IEnumerable<string> Lines(string path)
    {
        using var content = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var lines = new StreamReader(content);
        while (lines.ReadLine() is { } line)
            yield return line;
    }

    public static string DemoEncoder(params string[] parts) => Path.Combine([Root, "onnx-models", "demo-encoder", .. parts]);
}
