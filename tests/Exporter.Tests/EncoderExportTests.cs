using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter.Tests;

/// <summary>What an export of an encoder, or of a decoder as one, says and leaves on the disk.</summary>
[TestClass]
public sealed class EncoderExportTests
{
    [TestMethod]
    [DataRow("xlm-roberta", 128, false, 1)]
    [DataRow("bert", 128, true, 0)]
    [DataRow("modernbert", 256, false, 0)]
    public void Export_Encoder_WritesAFolderWithoutAnythingOfGenerators(string model, int positions, bool types, int pad)
    {
        using var folder = new TemporaryFolder();

        var output = folder.Export(model);

        var manifest = ModelManifest.Read(output);
        CollectionAssert.AreEqual(
            (string[])["model.hidden.onnx", "model.onnx", "model.onnx.data", "tokenizer.json", "tokenizer_config.json", "xllora.json"],
            Directory.EnumerateFiles(output).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray());
        CollectionAssert.AreEqual((string[])["embedding=model.onnx", "hidden=model.hidden.onnx"],
            manifest.Graphs.Select(g => $"{g.Key}={g.Value}").ToArray());
        Assert.AreEqual((null, null), (manifest.Decoder, manifest.Canary));
        Assert.IsEmpty(manifest.LoraSlots);
        Assert.AreEqual(new EncoderFacts
        {
            Pooling = "mean",
            PoolingSource = "default",
            Normalize = false,
            Dimension = 64,
            MaxSequenceLength = positions,
            HasTokenTypeIds = types,
            PadTokenId = pad,
            DoLowerCase = false,
        }, manifest.Encoder);
    }

    [TestMethod]
    public void Export_SentenceTransformersFolder_PoolsAsItSaysUnlessAskedOtherwise()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "bert").CopyTo(folder, "checkpoint");
        folder.Write("checkpoint/modules.json", """
            [{"path":"","type":"sentence_transformers.models.Transformer"},
             {"path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
             {"path":"","type":"sentence_transformers.models.Normalize"}]
            """);
        folder.Write("checkpoint/1_Pooling/config.json", """{"pooling_mode_cls_token":true}""");
        folder.Write("checkpoint/sentence_bert_config.json", """{"max_seq_length":48}""");

        var asSaid = ModelExporter.Export(checkpoint, folder.File("said")).Encoder;
        var asked = ModelExporter.Export(checkpoint, folder.File("asked"), new ExportOptions
        {
            Pooling = EmbeddingPooling.AvgFirstLast,
            Normalize = false,
            ContextLength = 100,
        }).Encoder;

        Assert.AreEqual(new EncoderFacts
        {
            Pooling = "cls",
            PoolingSource = "sentence-transformers",
            Normalize = true,
            Dimension = 64,
            MaxSequenceLength = 48,
            HasTokenTypeIds = true,
            PadTokenId = 0,
            DoLowerCase = false,
        }, asSaid);
        Assert.AreEqual(new EncoderFacts
        {
            Pooling = "avg_first_last",
            PoolingSource = "option",
            Normalize = false,
            Dimension = 64,
            MaxSequenceLength = 100,
            HasTokenTypeIds = true,
            PadTokenId = 0,
            DoLowerCase = false,
        }, asked);
        Assert.AreEqual(asSaid, ModelExporter.Plan(checkpoint, folder.File("planned")).Encoder);
    }

    [TestMethod]
    [DataRow("xlm-roberta", "roberta.", "XLMRobertaForMaskedLM", "lm_head.bias")]
    [DataRow("xlm-roberta", "roberta.", "RobertaForCL", "mlp.dense.weight")]
    [DataRow("xlm-roberta", "roberta.", "XLMRobertaForCL", "mlp.dense.weight")]
    [DataRow("bert", "bert.", "BertForCL", "mlp.dense.weight")]
    [DataRow("bert", "", "BertForCL", "mlp.dense.bias")]
    [DataRow("modernbert", "model.", "ModernBertForContrastive", "head.dense.weight")]
    [DataRow("bert", "bert.", "BertForMaskedLM", "cls.predictions.bias")]
    [DataRow("modernbert", "model.", "ModernBertForMaskedLM", "decoder.bias")]
    public void Export_CheckpointWithAHead_IsTheSameModelAndSaysWhatWasDropped(
        string model, string prefix, string architecture, string head)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = WithPrefix(folder, model, prefix, head);
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), c => c["architectures"] = new JsonArray(architecture));

        var report = ModelExporter.Export(checkpoint, folder.File("out"));

        var plain = ModelManifest.Read(folder.Export(model));
        Assert.AreEqual(plain.BaseFingerprint, report.BaseFingerprint);
        Assert.AreEqual(CoverageStatus.Dropped, report.Coverage.Single(c => c.Tensor == head).Status);
        Assert.IsTrue(report.Coverage.All(c => c.Status == CoverageStatus.Matched || c.Reason is not null));
    }

    [TestMethod]
    public void Export_NormsNamedAsInTensorFlow_AreTheSameModel()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = WithPrefix(folder, "bert", "bert.", "cls.x", name => name
            .Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal)
            .Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal));

        Assert.AreEqual(ModelManifest.Read(folder.Export("bert")).BaseFingerprint,
            ModelExporter.Export(checkpoint, folder.File("out")).BaseFingerprint);
    }

    [TestMethod]
    public void Export_TensorOfNoEncoder_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = WithPrefix(folder, "xlm-roberta", "roberta.", "adapters.0.weight");

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(error.Message, "adapters.0.weight");
    }

    [TestMethod]
    [DataRow("xlm-roberta", ExportPrecision.Int8W)]
    [DataRow("bert", ExportPrecision.Int8)]
    [DataRow("bert", ExportPrecision.Int4)]
    [DataRow("modernbert", ExportPrecision.Nf4)]
    [DataRow("modernbert", ExportPrecision.Fp16)]
    public void Export_EncoderInAnyPrecision_IsSmallerAndTheSameTwice(string model, ExportPrecision precision)
    {
        using var folder = new TemporaryFolder();
        var options = new ExportOptions { Precision = precision };
        var files = new[] { "a", "b" }.Select(name =>
        {
            ModelExporter.Export(Repository.Data("models", model), folder.File(name), options);
            return ModelManifest.Read(folder.File(name)).Files;
        }).ToArray();

        CollectionAssert.AreEqual(files[0].ToArray(), files[1].ToArray());
        var whole = ModelManifest.Read(folder.Export(model)).Files.Single(f => f.Path == "model.onnx.data").Bytes;
        Assert.IsLessThan(whole * 0.75, files[0].Single(f => f.Path == "model.onnx.data").Bytes);
    }

    [TestMethod]
    public void Export_EncoderInBfloat16_IsRefusedWithWhatThereIs()
    {
        StringAssert.Contains(Refused("bert", new ExportOptions { Precision = ExportPrecision.Bf16 }), "fp32, fp16, int8, int8w, int4, nf4");
    }

    [TestMethod]
    public void Export_EncoderWithAnAdapter_IsRefused()
    {
        var adapter = Repository.Data("models", "adapters", "gemma3-text", "all-linear-r8");

        StringAssert.Contains(
            Refused("bert", new ExportOptions { Adapters = new Dictionary<string, string> { ["a"] = adapter } }), "encoders take none");
    }

    [TestMethod]
    public void AdapterExport_ToAnEncoder_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var adapter = Repository.Data("models", "adapters", "gemma3-text", "all-linear-r8");

        var error = Assert.ThrowsExactly<NotSupportedException>(() => AdapterExporter.Export(adapter, folder.Export("bert"), "a"));

        StringAssert.Contains(error.Message, "takes no adapters");
    }

    [TestMethod]
    [DataRow("gemma2")]
    [DataRow("gemma3-text")]
    [DataRow("gemma3-multimodal")]
    [DataRow("llama31")]
    public void Export_DecoderWithAPooling_IsAnEmbedderThatTakesAdapters(string model)
    {
        using var folder = new TemporaryFolder();
        var options = new ExportOptions { Pooling = EmbeddingPooling.Last, Normalize = true };

        var report = ModelExporter.Export(Repository.Data("models", model), folder.File("out"), options);

        var manifest = ModelManifest.Read(folder.File("out"));
        Assert.AreEqual(("last", "option", true), (report.Encoder!.Pooling, report.Encoder.PoolingSource, report.Encoder.Normalize));
        Assert.IsFalse(File.Exists(folder.File("out/genai_config.json")));
        CollectionAssert.AreEqual((string[])["embedding"], manifest.Graphs.Keys.ToArray());
        Assert.HasCount(6 * 7, manifest.LoraSlots);
        Assert.IsNotNull(manifest.Canary);
        Assert.IsNull(manifest.Decoder);
        Assert.AreEqual((true, true), (manifest.Encoder!.EmbeddingScale is not null, manifest.Encoder.Tokens is not null));
        Assert.AreEqual(ModelManifest.Read(folder.Export(model)).BaseFingerprint == report.BaseFingerprint, model != "llama31",
            "a head of its own is not part of an embedder");
    }

    [TestMethod]
    public void Export_DecoderWithoutAHead_NeedsAPooling()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = WithPrefix(folder, "llama31", "", null, name => name.Replace("model.", "", StringComparison.Ordinal));
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), c => c["architectures"] = new JsonArray("LlamaModel"));

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(checkpoint, folder.File("out")));
        var report = ModelExporter.Export(checkpoint, folder.File("out"), new ExportOptions { Pooling = EmbeddingPooling.Mean });

        StringAssert.Contains(error.Message, "--pooling");
        Assert.AreEqual("llama", report.Family);
    }

    [TestMethod]
    [DataRow(EmbeddingPooling.Cls)]
    [DataRow(EmbeddingPooling.AvgFirstLast)]
    [DataRow(EmbeddingPooling.AvgTop2)]
    public void Export_PoolingThatADecoderHasNot_IsRefusedWithThoseThatItHas(EmbeddingPooling pooling)
    {
        StringAssert.Contains(Refused("gemma3-text", new ExportOptions { Pooling = pooling }), "last, mean, max");
    }

    [TestMethod]
    public void Export_NormalizedTextGenerator_IsTheCallersMistake()
    {
        using var folder = new TemporaryFolder();

        var error = Assert.ThrowsExactly<ArgumentException>(() => ModelExporter.Export(
            Repository.Data("models", "gemma3-text"), folder.File("out"), new ExportOptions { Normalize = true }));

        StringAssert.Contains(error.Message, "--pooling");
    }

    [TestMethod]
    public void Read_ManifestWithNeitherEncoderNorDecoder_IsMalformed()
    {
        using var folder = new TemporaryFolder();
        var output = folder.Export("bert");
        TestFolders.Edit(Path.Combine(output, "xllora.json"), m => m.Remove("encoder"));

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => ModelManifest.Read(output)).Message, "neither decoder nor encoder");
    }

    private static string Refused(string model, ExportOptions options)
    {
        using var folder = new TemporaryFolder();
        return Assert.ThrowsExactly<NotSupportedException>(
            () => ModelExporter.Export(Repository.Data("models", model), folder.File("out"), options)).Message;
    }

    /// <summary>A copy whose tensors have other names.</summary>
    /// <param name="head">One more tensor, with no prefix.</param>
    private static string WithPrefix(
        TemporaryFolder folder, string model, string prefix, string? head, Func<string, string>? rename = null)
    {
        var target = Repository.Data("models", model).CopyTo(folder, "checkpoint");
        var builder = new SafetensorsBuilder();
        using (var checkpoint = CheckpointFiles.Open(target))
        {
            foreach (var (file, tensor) in checkpoint.Tensors)
            {
                var name = prefix + tensor.Name;
                builder.Add(rename?.Invoke(name) ?? name, tensor.DType, [.. tensor.Shape], file.ReadBytes(tensor));
            }
        }
        if (head is not null)
            builder.AddFloats(head, 2);
        builder.Save(Path.Combine(target, "model.safetensors"));
        return target;
    }
}
