namespace XlLoraOnnx.Server.Tests;

/// <summary>The demonstration's models, exported and loaded once a run.</summary>
[TestClass]
public static class Models
{
    private static readonly TemporaryFolder Root = new();

    private static readonly Lazy<string> DemoFolder = new(() => ModelExporter.Export(
        Repository.Demo("base"), Root.File("demo"), new ExportOptions
        {
            Adapters = new Dictionary<string, string> { ["pos"] = Repository.Demo("pos"), ["neg"] = Repository.Demo("neg") },
        }).Folder);

    private static readonly Lazy<XlLoraModel> LoadedDemo = new(() => XlLoraModel.Load(DemoFolder.Value));

    private static readonly Lazy<TextEmbedder> LoadedEncoder = new(() => TextEmbedder.Load(ModelExporter.Export(
        Repository.DemoEncoder(), Root.File("encoder"), new ExportOptions { Pooling = EmbeddingPooling.AvgFirstLast }).Folder));

    public static XlLoraModel Demo => LoadedDemo.Value;

    public static TextEmbedder Encoder => LoadedEncoder.Value;

    /// <summary>A file that can be added under another name.</summary>
    public static string AdapterFile(string name) => Path.Combine(DemoFolder.Value, Demo.Info.Adapters[name].File);

    [AssemblyCleanup]
    public static void Unload()
    {
        if (LoadedDemo.IsValueCreated)
            LoadedDemo.Value.Dispose();
        if (LoadedEncoder.IsValueCreated)
            LoadedEncoder.Value.Dispose();
        Root.Dispose();
    }
}
