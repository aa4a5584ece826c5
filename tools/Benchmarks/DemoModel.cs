using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>The demonstration model with both adapters, exported into a temporary folder.</summary>
internal sealed class DemoModel : IDisposable
{
    private static readonly string[] Adapters = ["pos", "neg"];
    private readonly string _root = Directory.CreateTempSubdirectory("xllora-bench-").FullName;

    public DemoModel()
    {
        Folder = Path.Combine(_root, "model");
        var demo = Path.Combine(AppContext.BaseDirectory, "demo");
        var adapters = Adapters.ToDictionary(name => name, name => Path.Combine(demo, name));
        ModelExporter.Export(Path.Combine(demo, "base"), Folder, new ExportOptions { Adapters = adapters });
    }

    public string Folder { get; }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
