using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Exporter.Tests;

/// <summary>Every reader of the project that takes files from elsewhere, with valid inputs to start from.</summary>
internal sealed partial class FuzzTargets : IDisposable
{
    private static readonly string Micro = Repository.Data("official", "gemma3-micro", "checkpoint");
    private static readonly string[] Encoders = ["xlm-roberta", "bert", "modernbert"];
    private static readonly ChatTemplateLimits Limits = new() { Steps = 20_000, OutputCharacters = 100_000 };

    private readonly TemporaryFolder _folder = new();
    private readonly CheckpointFiles _checkpoint = CheckpointFiles.Open(Micro);
    private readonly IReadOnlyList<LoraSlot> _slots;
    private readonly JsonDocument _recorded = JsonDocument.Parse(File.ReadAllText(Repository.Data("tokenizers", "jinja-cases.json")));

    public FuzzTargets()
    {
        var config = ConfigReader.Open(Path.Combine(Micro, "config.json"));
        _slots = Plan(config, Micro).LoraSlots;
        All =
        [
            new("safetensors", [Small(2), Small(3)], ReadSafetensors),
            new("safetensors-header", [Header(Small(2)), Header(Small(3))], ReadHeader),
            new("torch-file", [Pickled(2).ToBytes(), Pickled(3).ToBytes()], ReadTorchFile),
            new("torch-pickle", [Pickled(2).Pickle(), Pickled(3).Pickle()], pickle => ReadTorchFile(Pickled(3).Zip(pickle))),
            new("flare-run", [FlareRuns.Small().ToBytes(), FlareRuns.Small(bits: 4).ToBytes()], ReadFlareRun(WeightFormat.Torch.SingleFile)),
            new("flare-results", Texts(FlareRuns.Results), ReadFlareRun(FlareRun.ResultsFile)),
            new("flare-config", [FlareFolderFile(FlareFolder.ConfigFile)], ReadFlareFolder(FlareFolder.ConfigFile)),
            new("flare-adapter-config", [FlareFolderFile(PeftAdapter.ConfigFile)], ReadFlareFolder(PeftAdapter.ConfigFile)),
            new("flare-adapter-weights", [FlareFolderFile(PeftAdapter.WeightsFile)], ReadFlareFolder(PeftAdapter.WeightsFile)),
            new("nf4-state", Texts(FlareRuns.State), ReadNf4State()),
            new("index", Texts(Index), ReadIndex()),
            new("config", [FileOf(Micro, "config.json"), FileOf(Repository.Data("models", "gemma3-multimodal"), "config.json")],
                ReadConfig("config.json")),
            new("generation-config", [FileOf(Micro, "generation_config.json")], ReadConfig("generation_config.json")),
            .. Encoders.Select(m => new FuzzTarget(m, [FileOf(Repository.Data("models", m), "config.json")], ReadEncoderConfig(m))),
            new("sentence-transformers", Texts(Modules), ReadModules()),
            new("adapter-config", AdapterConfigs(), ReadAdapter(PeftAdapter.ConfigFile)),
            new("adapter-weights", [FileOf(MicroAdapter, PeftAdapter.WeightsFile)], ReadAdapter(PeftAdapter.WeightsFile)),
            new("onnx-adapter", OnnxAdapters(), ReadOnnxAdapter),
            new("manifest", [Manifest()], ReadManifest()),
            new("tokenizer", Texts(TokenizerText), ReadTokenizer()),
            new("tokenizer-config", [FileOf(Repository.Data("tokenizers", "gemma"), "tokenizer_config.json"), .. Texts(TokenizerConfig)],
                ReadTokenizerConfig()),
            new("chat-template", Templates(), ReadTemplate),
        ];
    }

    public IReadOnlyList<FuzzTarget> All { get; }

    public void Dispose()
    {
        _checkpoint.Dispose();
        _recorded.Dispose();
        _folder.Dispose();
    }

    private const string Index =
        """{"metadata":{"total_size":40},"weight_map":{"a":"1.safetensors","b":"1.safetensors","c":"2.safetensors"}}""";
    private const string TokenizerText =
        """{"version":"1.0","added_tokens":[{"id":0,"content":"<pad>","special":true},{"id":1,"content":"<eos>"}]}""";
    private const string TokenizerConfig =
        """{"bos_token":{"content":"<s>"},"chat_template":[{"name":"default","template":"{{ bos_token }}{{ messages }}"}]}""";

    private const string Modules =
        """[{"path":"","type":"a.Transformer"},{"path":"1_Pooling","type":"a.Pooling"},{"path":"2_Normalize","type":"a.Normalize"}]""";

    private static string MicroAdapter => Repository.Data("official", "gemma3-micro", "adapter");

    private static byte[] FileOf(string folder, string name) => File.ReadAllBytes(Path.Combine(folder, name));

    private static byte[][] Texts(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static byte[] Small(int tensors)
    {
        var builder = new SafetensorsBuilder();
        for (var i = 0; i < tensors; i++)
            builder.AddFloats($"model.layers.{i}.weight", i + 1, 2);
        return builder.ToBytes();
    }

    private static TorchPickleBuilder Pickled(int tensors)
    {
        var builder = new TorchPickleBuilder();
        for (var i = 0; i < tensors; i++)
            builder.AddFloats($"model.layers.{i}.weight", i + 1, 2).Tie($"tied.{i}", $"model.layers.{i}.weight");
        return builder;
    }

    private static byte[] Header(byte[] file) => file[8..(8 + (int)BitConverter.ToInt64(file))];

    private static byte[][] AdapterConfigs() =>
    [
        FileOf(MicroAdapter, PeftAdapter.ConfigFile),
        .. new[] { "patterns", "regex-target", "some-layers" }.Select(name =>
            FileOf(Repository.Data("models", "adapters", "gemma3-text", name), PeftAdapter.ConfigFile)),
    ];

    private byte[][] OnnxAdapters()
    {
        using var written = new MemoryStream();
        var tensor = new OnnxAdapterTensor(
            "model.layers.0.q.lora_A.weight", [2, 3], new TensorSource(1, 24, (_, _, data) => data.Clear()));
        OnnxAdapterWriter.Write(written, 5, [tensor], CancellationToken.None);
        return [FileOf(Repository.Data("official"), "adapter3.onnx_adapter"), written.ToArray()];
    }

    private byte[] Manifest()
    {
        var model = _folder.File("exported");
        ModelExporter.Export(Micro, model, new ExportOptions { Adapters = new Dictionary<string, string> { ["a"] = MicroAdapter } });
        return FileOf(model, ModelManifest.FileName);
    }

    private byte[][] Templates() =>
    [
        .. _recorded.RootElement.GetProperty("cases").EnumerateArray().Select(c => Text(c, "template")),
        .. new[] { "gemma", "llama" }.Select(name =>
        {
            using var config = JsonDocument.Parse(FileOf(Repository.Data("tokenizers", name), "tokenizer_config.json"));
            return Text(config.RootElement, "chat_template");
        }),
    ];

    private static byte[] Text(JsonElement element, string name) => Encoding.UTF8.GetBytes(element.GetProperty(name).GetString()!);

    private void ReadSafetensors(byte[] bytes)
    {
        var path = _folder.File("a.safetensors");
        File.WriteAllBytes(path, bytes);
        using var file = SafetensorsFile.Open(path);
        ReadTensors(file);
    }

    private void ReadTorchFile(byte[] bytes)
    {
        var path = _folder.File("a.bin");
        File.WriteAllBytes(path, bytes);
        using var file = TorchFile.Open(path);
        ReadTensors(file);
    }

    private static void ReadTensors(ITensorFile file)
    {
        foreach (var tensor in file.Tensors.Values)
            file.ReadBytes(tensor, 0, new byte[Math.Min(64, tensor.Bytes)]);
    }

    /// <summary>With the right length before it, so that more than the first check is reached.</summary>
    private void ReadHeader(byte[] header)
    {
        var bytes = new byte[8 + header.Length + 48];
        BitConverter.TryWriteBytes(bytes, (long)header.Length);
        header.CopyTo(bytes, 8);
        ReadSafetensors(bytes);
    }

    private Action<byte[]> ReadIndex()
    {
        var folder = Directory.CreateDirectory(_folder.File("sharded")).FullName;
        new SafetensorsBuilder().AddFloats("a", 2).AddFloats("b", 2).Save(Path.Combine(folder, "1.safetensors"));
        new SafetensorsBuilder().AddFloats("c", 2).Save(Path.Combine(folder, "2.safetensors"));
        return bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, WeightFormat.Safetensors.IndexFile), bytes);
            CheckpointFiles.Open(folder).Dispose();
        };
    }

    private ModelPlan Plan(ConfigReader config, string folder)
    {
        var options = new ExportOptions();
        return ModelFamilies.Find(config, options.Precision).Plan(
            config, new TextWeights(folder, _checkpoint), new WeightFormats(options), options);
    }

    private Action<byte[]> ReadConfig(string name)
    {
        var folder = Directory.CreateDirectory(_folder.File("checkpoint-" + name)).FullName;
        foreach (var file in (string[])["config.json", "generation_config.json"])
            File.Copy(Path.Combine(Micro, file), Path.Combine(folder, file));
        return bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
            var config = ConfigReader.Open(Path.Combine(folder, "config.json"));
            GenerationConfig.Read(folder, config, 2000);
            Plan(config, folder);
        };
    }

    private Action<byte[]> ReadEncoderConfig(string model)
    {
        var source = Repository.Data("models", model);
        var folder = Directory.CreateDirectory(_folder.File(model)).FullName;
        return bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, "config.json"), bytes);
            var config = ConfigReader.Open(Path.Combine(folder, "config.json"));
            using var checkpoint = CheckpointFiles.Open(source);
            var options = new ExportOptions();
            ModelFamilies.Find(config, options.Precision).Plan(
                config, new TextWeights(source, checkpoint), new WeightFormats(options), options);
        };
    }

    private Action<byte[]> ReadModules()
    {
        var folder = Directory.CreateDirectory(_folder.File("sentence-transformers")).FullName;
        Directory.CreateDirectory(Path.Combine(folder, "1_Pooling"));
        File.WriteAllText(Path.Combine(folder, "1_Pooling", "config.json"), """{"pooling_mode_mean_tokens":true}""");
        return bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, SentenceTransformersFolder.Modules), bytes);
            SentenceTransformersFolder.Read(folder);
        };
    }

    private Action<byte[]> ReadAdapter(string name)
    {
        var folder = MicroAdapter.CopyTo(_folder, "adapter-" + name);
        return bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
            PeftAdapter.Open(folder, _slots).Dispose();
        };
    }

    private void ReadOnnxAdapter(byte[] bytes)
    {
        var path = _folder.File("a.onnx_adapter");
        File.WriteAllBytes(path, bytes);
        var file = OnnxAdapterFile.Read(path);
        foreach (var parameter in file.Parameters)
            file.ReadBytes(parameter);
    }

    private Action<byte[]> ReadManifest()
    {
        var folder = Directory.CreateDirectory(_folder.File("model")).FullName;
        return bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, ModelManifest.FileName), bytes);
            var manifest = ModelManifest.Read(folder);
            BaseFingerprints.ModelVersion(manifest.BaseFingerprint);
        };
    }

    private Action<byte[]> ReadTokenizer()
    {
        var folder = Directory.CreateDirectory(_folder.File("tokenizer")).FullName;
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), "{}");
        return bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, "tokenizer.json"), bytes);
            TokenizerFiles.Read(folder).CanaryIds(2, 100, [0]);
        };
    }

    private Action<byte[]> ReadTokenizerConfig()
    {
        var folder = Directory.CreateDirectory(_folder.File("templates")).FullName;
        return bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, "tokenizer_config.json"), bytes);
            ChatTemplateFile.Load(folder).Render([new ChatTurn("user", "Hello")], DateTimeOffset.UnixEpoch);
        };
    }

    private void ReadTemplate(byte[] bytes) =>
        ChatTemplate.Parse(Encoding.UTF8.GetString(bytes), "fuzzed", Limits)
            .Render(_recorded.RootElement.GetProperty("variables"), DateTimeOffset.UnixEpoch);
}
