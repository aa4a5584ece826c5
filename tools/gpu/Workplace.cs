using XlLoraOnnx.Benchmarks;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.GpuCheck;

/// <summary>The models that are checked, exported here and now in the precision of the device.</summary>
internal sealed class Workplace : IDisposable
{
    private static readonly string[] Adapters = ["all-linear-r8", "odd-r1", "qv-r4-rslora"];

    private readonly CheckOptions _options;
    private readonly string _folder;

    public Workplace(CheckOptions options)
    {
        _options = options;
        _folder = options.Work ?? Directory.CreateTempSubdirectory("gpu-check-").FullName;
        Directory.CreateDirectory(_folder);
    }

    public static IReadOnlyList<string> GoldenModels { get; } = ["gemma3-text", "gemma2", "llama32-tied"];

    private ExportPrecision Precision => _options.Device.IsCpu ? ExportPrecision.Fp32 : ExportPrecision.Bf16;

    /// <summary>A model of tests/Data with its adapters.</summary>
    public GoldenModel Golden(string name)
    {
        var checkpoint = ReferenceArchive.Resolve(_options.Data, Path.Combine(_options.Data, name));
        var adapters = ReferenceArchive.Resolve(_options.Data, Path.Combine(_options.Data, "adapters", name));
        var output = Path.Combine(_folder, $"{name}-{Precision}");
        if (!Directory.Exists(output))
            ModelExporter.Export(checkpoint, output, new ExportOptions
            {
                Precision = Precision,
                Adapters = Adapters.ToDictionary(a => a, a => Path.Combine(adapters, a)),
            });
        return new GoldenModel(name, ModelFolder.Load(output), checkpoint, adapters, Adapters);
    }

    /// <summary>A published shape with random weights, and four random adapters.</summary>
    public ShapedModel Shaped(string shape)
    {
        var (checkpoint, output) = (Path.Combine(_folder, shape), Path.Combine(_folder, $"{shape}-{Precision}"));
        var adapters = Enumerable.Range(0, 4).ToDictionary(i => $"a{i}", i => Path.Combine(_folder, $"{shape}-a{i}"));
        if (!Directory.Exists(output))
        {
            var described = ShapedCheckpoint.Named(shape);
            if (!Directory.Exists(checkpoint))
                described.Write(checkpoint, repeated: true);
            foreach (var adapter in adapters.Values.Where(a => !Directory.Exists(a)))
                ShapedCheckpoint.WriteAdapter(described, adapter);
            ModelExporter.Export(checkpoint, output, new ExportOptions
            {
                Precision = Precision,
                Adapters = adapters,
                ContextLength = 2048,
                Roles = [GraphRoles.Lora, GraphRoles.Continuous, GraphRoles.ContinuousBase],
                MaxRam = 16L << 30,
            });
        }
        return new ShapedModel(shape, ModelFolder.Load(output), checkpoint, adapters["a0"], [.. adapters.Keys]);
    }

    /// <summary>To make room for the next one.</summary>
    public void Forget(string shape)
    {
        foreach (var folder in Directory.EnumerateDirectories(_folder, shape + "*"))
            Directory.Delete(folder, recursive: true);
    }

    public void Dispose()
    {
        if (_options.Work is null)
            Directory.Delete(_folder, recursive: true);
    }
}

/// <param name="Checkpoint">With expected.safetensors.</param>
/// <param name="AdapterFolder">NAME/expected.safetensors for each adapter.</param>
internal sealed record GoldenModel(
    string Name, ModelFolder Folder, string Checkpoint, string AdapterFolder, IReadOnlyList<string> Adapters)
{
    public int Vocabulary => Folder.Manifest.Dimensions.VocabSize;

    public IReadOnlyList<ReferencePrompt> Prompts(string? adapter) => ReferencePrompt.ReadAll(
        Path.Combine(adapter is null ? Checkpoint : Path.Combine(AdapterFolder, adapter), "expected.safetensors"), Vocabulary);
}

/// <param name="PeftAdapter">Folder of the first adapter, for the peer.</param>
internal sealed record ShapedModel(
    string Name, ModelFolder Folder, string Checkpoint, string PeftAdapter, IReadOnlyList<string> Adapters);
