using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter.Tests;

/// <summary>What a precision other than float32 changes in a model folder.</summary>
[TestClass]
public sealed class PrecisionTests
{
    [TestMethod]
    [DataRow("llama32-tied", ExportPrecision.Fp16, "fp16", 10)]
    [DataRow("llama32-tied", ExportPrecision.Bf16, "bf16", 16)]
    [DataRow("gemma2", ExportPrecision.Bf16, "bf16", 16)]
    public void Export_SixteenBits_AreInManifestConfigAndAdapters(string model, ExportPrecision precision, string name, int dataType)
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, model, precision);
        AdapterExporter.Export(Repository.Data("models", "adapters", model, "odd-r1"), output, "later");

        var manifest = ModelManifest.Read(output);

        Assert.AreEqual((name, name), (manifest.Precision, manifest.LoraDtype));
        foreach (var adapter in (string[])["now", "later"])
        {
            var file = OnnxAdapterFile.Read(Path.Combine(output, "adapters", adapter + ".onnx_adapter"));
            Assert.IsTrue(file.Parameters.All(p => p.DataType == dataType), adapter);
        }
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(output, "genai_config.json")))!;
        var providers = config["model"]!["decoder"]!["session_options"]!["provider_options"]!.AsArray();
        Assert.AreEqual("""[{"cuda":{}}]""", providers.ToJsonString());
    }

    [TestMethod]
    public void Export_AdapterInBFloat16_IsTheFloat32OneRoundedOnce()
    {
        using var folder = new TemporaryFolder();
        var exact = OnnxAdapterFile.Read(Path.Combine(Export(folder, "gemma2", ExportPrecision.Fp32), "adapters", "now.onnx_adapter"));
        var narrow = OnnxAdapterFile.Read(Path.Combine(Export(folder, "gemma2", ExportPrecision.Bf16), "adapters", "now.onnx_adapter"));

        Assert.HasCount(exact.Parameters.Count, narrow.Parameters);
        foreach (var (expected, actual) in exact.Parameters.Zip(narrow.Parameters))
        {
            var rounded = new ushort[expected.Bytes / 4];
            FloatNarrowing.ToBFloat16(MemoryMarshal.Cast<byte, float>(exact.ReadBytes(expected)), rounded);
            CollectionAssert.AreEqual(MemoryMarshal.AsBytes(rounded.AsSpan()).ToArray(), narrow.ReadBytes(actual), expected.Name);
        }
    }

    [TestMethod]
    public void Export_BFloat16OfABFloat16Checkpoint_KeepsItsBits()
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, "gemma2", ExportPrecision.Bf16);
        using var checkpoint = CheckpointFiles.Open(Repository.Data("models", "gemma2"));
        var (file, table) = checkpoint.Tensors.Single(t => t.Tensor.Name == "model.embed_tokens.weight");

        using var graph = File.OpenRead(Path.Combine(output, "model.onnx"));
        var place = ModelProto.Parser.ParseFrom(graph).Graph.Initializer.Single(i => i.Name == "model.embed_tokens.weight");
        var offset = int.Parse(place.ExternalData.Single(e => e.Key == "offset").Value);
        var data = File.ReadAllBytes(Path.Combine(output, "model.onnx.data"));

        CollectionAssert.AreEqual(file.ReadBytes(table), data[offset..(offset + (int)table.Bytes)]);
    }

    [TestMethod]
    [DataRow(ExportPrecision.Fp32, EmbeddingScaleMode.Auto, "bfloat16", 9.797959f, "exact")]
    [DataRow(ExportPrecision.Bf16, EmbeddingScaleMode.Auto, "bfloat16", 9.8125f, "bf16")]
    [DataRow(ExportPrecision.Bf16, EmbeddingScaleMode.Auto, "float32", 9.797959f, "exact")]
    [DataRow(ExportPrecision.Bf16, EmbeddingScaleMode.Exact, "bfloat16", 9.797959f, "exact")]
    [DataRow(ExportPrecision.Fp32, EmbeddingScaleMode.Bf16, "float32", 9.8125f, "bf16")]
    public void EmbeddingScale_Mode_FollowsPrecisionAndTraining(
        ExportPrecision precision, EmbeddingScaleMode mode, string dtype, float value, string recorded)
    {
        using var folder = new TemporaryFolder();
        var json = $$"""{"hidden_size":96,"num_attention_heads":6,"num_key_value_heads":2,"torch_dtype":"{{dtype}}"}""";
        var config = new Gemma2Config(ConfigReader.Open(folder.Write("config.json", json)));

        var scale = EmbeddingScales.Choose(new ExportOptions { Precision = precision, EmbeddingScale = mode }, config);

        Assert.AreEqual(new EmbeddingScale(value, recorded), scale);
    }

    [TestMethod]
    public void Export_Llama_HasNoEmbeddingScale()
    {
        using var folder = new TemporaryFolder();

        Assert.AreEqual(new EmbeddingScale(1, "none"), ModelManifest.Read(Export(folder, "llama31", ExportPrecision.Fp32)).Decoder!.EmbeddingScale);
    }

    [TestMethod]
    public void Export_WeightBeyondFloat16_IsRefusedByNameAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "llama32-tied").CopyTo(folder, "checkpoint");
        var path = Path.Combine(checkpoint, "model.safetensors");
        using (var opened = CheckpointFiles.Open(Repository.Data("models", "llama32-tied")))
        {
            var builder = new SafetensorsBuilder();
            foreach (var (file, tensor) in opened.Tensors)
            {
                var bytes = file.ReadBytes(tensor);
                if (tensor.Name == "model.norm.weight")
                    (bytes[0], bytes[1]) = (0x00, 0x48);   // 131072
                builder.Add(tensor.Name, tensor.DType, [.. tensor.Shape], bytes);
            }
            builder.Save(path);
        }

        var error = Assert.ThrowsExactly<NotSupportedException>(() =>
            ModelExporter.Export(checkpoint, folder.File("out"), new ExportOptions { Precision = ExportPrecision.Fp16 }));

        StringAssert.Contains(error.Message, "'model.norm.weight' cannot be exported in Float16");
        StringAssert.Contains(error.Message, "131072");
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
    }

    private static string Export(TemporaryFolder folder, string model, ExportPrecision precision)
    {
        var output = folder.File(precision.Name());
        var adapters = new Dictionary<string, string> { ["now"] = Repository.Data("models", "adapters", model, "all-linear-r8") };
        ModelExporter.Export(Repository.Data("models", model), output, new ExportOptions { Precision = precision, Adapters = adapters });
        return output;
    }
}
