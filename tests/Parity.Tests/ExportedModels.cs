using System.Collections.Concurrent;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Model folders that several tests read: each exported once a run, with every adapter that belongs to it.</summary>
[TestClass]
public static class ExportedModels
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> Folders = new();
    private static readonly TemporaryFolder Root = new();

    public static string Demo => Folder("demo-gemma3", Repository.Demo("base"), ["pos", "neg"], name => Repository.Demo(name));

    public static string DemoEncoder => Folders.GetOrAdd("demo-encoder", _ => new Lazy<string>(() =>
    {
        var output = Root.File("demo-encoder");
        ModelExporter.Export(Repository.DemoEncoder(), output, new ExportOptions { Pooling = EmbeddingPooling.AvgFirstLast });
        return output;
    })).Value;

    /// <param name="model">A folder of tests/Data/models.</param>
    public static string Golden(string model) => Folder(
        model, Repository.Data("models", model), AdaptersOf(model), name => Repository.Data("models", "adapters", model, name));

    public static IEnumerable<string> AdaptersOf(string model) =>
        Directory.EnumerateDirectories(Repository.Data("models", "adapters", model)).Select(f => Path.GetFileName(f)).Order();

    /// <summary>A copy that a test may damage.</summary>
    internal static string Copy(string folder, TemporaryFolder target)
    {
        var copy = target.File("model");
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var path = Path.Combine(copy, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(file, path);
        }
        return copy;
    }

    /// <summary>A path for a folder that is deleted after the last test.</summary>
    internal static string Temporary(string name) => Root.File(name);

    [AssemblyCleanup]
    public static void DeleteFolders() => Root.Dispose();

    private static string Folder(string name, string checkpoint, IEnumerable<string> adapters, Func<string, string> adapterFolder) =>
        Folders.GetOrAdd(name, _ => new Lazy<string>(() =>
        {
            var output = Root.File(name);
            ModelExporter.Export(checkpoint, output, new ExportOptions { Adapters = adapters.ToDictionary(a => a, adapterFolder) });
            return output;
        })).Value;
}
