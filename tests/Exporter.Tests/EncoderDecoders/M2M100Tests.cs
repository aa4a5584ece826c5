using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter.Tests;

/// <summary>NLLB-200 and M2M100: what is in the folder, and what is refused by name.</summary>
[TestClass]
public sealed class M2M100Tests
{
    [TestMethod]
    public void Read_EmptyConfig_TakesTheDefaultsOfTheClass()
    {
        var config = Read("{}");

        Assert.AreEqual((128112, 1024, 1024), (config.VocabSize, config.HiddenSize, config.MaxPositionEmbeddings));
        Assert.AreEqual(new M2M100Stack(12, 16, 4096), config.Encoder);
        Assert.AreEqual(new M2M100Stack(12, 16, 4096), config.Decoder);
        Assert.AreEqual((1, 2, true), (config.PadTokenId, config.DecoderStartTokenId, config.ScaleEmbedding));
    }

    [TestMethod]
    [DataRow("activation_function", "\"gelu\"")]
    [DataRow("is_encoder_decoder", "false")]
    [DataRow("tie_word_embeddings", "false")]
    [DataRow("quantization_config", """{"quant_method":"gptq"}""")]
    [DataRow("decoder_attention_heads", "12")]
    [DataRow("encoder_attention_heads", "256")]
    [DataRow("encoder_layers", "5000")]
    [DataRow("pad_token_id", "3")]
    [DataRow("decoder_start_token_id", "-1")]
    public void Read_SettingThatTheGraphWouldGetWrong_IsRefusedByName(string name, string value)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Read($$"""{"{{name}}":{{value}}}"""));

        StringAssert.Contains(error.Message, name);
    }

    [TestMethod]
    public void Export_HasTwoGraphsForEachUse_AndFactsOfAModelThatTranslates()
    {
        using var folder = new TemporaryFolder();

        var model = ModelExporter.Export(Checkpoint(folder), folder.File("model")).Folder;

        var manifest = ModelManifest.Read(model);
        CollectionAssert.AreEqual(GraphRoles.OfEncoderDecoder.ToArray(), manifest.Graphs.Keys.ToArray());
        Assert.AreEqual(("m2m_100", 2, 1024), (manifest.Family, manifest.Decoder!.Translation!.DecoderStartTokenId,
            manifest.Decoder.Translation.MaxSourceLength));
        Assert.AreEqual(2, manifest.Decoder.Caches.Count(c => c.Kind == CacheKind.Cross));
        Assert.AreEqual(8f, manifest.Decoder.EmbeddingScale.Value);
        Assert.IsFalse(File.Exists(Path.Combine(model, "genai_config.json")));
        Assert.AreEqual(0, manifest.Coverage.Count(c => c.Status == CoverageStatus.Refused));
    }

    [TestMethod]
    public void Export_WithoutScoring_LeavesThatGraphOutAndNoOther()
    {
        using var folder = new TemporaryFolder();

        var model = ModelExporter.Export(Checkpoint(folder), folder.File("model"), new ExportOptions { Roles = [] }).Folder;

        CollectionAssert.AreEqual(
            GraphRoles.OfEncoderDecoder.Where(r => r != GraphRoles.Scoring).ToArray(), ModelManifest.Read(model).Graphs.Keys.ToArray());
    }

    [TestMethod]
    public void Export_TableUnderFourNames_IsStoredOnceAndAllOthersAreNamed()
    {
        using var folder = new TemporaryFolder();
        var once = ModelExporter.Export(Checkpoint(folder), folder.File("once"));
        var checkpoint = Checkpoint(folder, "four");
        Rewrite(checkpoint, (name, bytes) => name == "model.shared.weight"
            ? ["model.shared.weight", "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight"]
            : [name]);

        var four = ModelExporter.Export(checkpoint, folder.File("four-exported"));

        Assert.AreEqual(Data(once), Data(four));
        Assert.AreEqual(3, four.Coverage.Count(c => c.Status == CoverageStatus.Dropped && c.Reason!.Contains("tied", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Export_HeadOfItsOwn_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder);
        Rewrite(checkpoint, (name, bytes) =>
        {
            if (name != "model.shared.weight")
                return [name];
            return [name, "lm_head.weight"];
        }, changeCopies: true);

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(checkpoint, folder.File("model")));

        StringAssert.Contains(error.Message, "another lm_head.weight");
    }

    [TestMethod]
    public void Export_Pooling_IsRefused()
    {
        using var folder = new TemporaryFolder();

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(
            Checkpoint(folder), folder.File("model"), new ExportOptions { Pooling = EmbeddingPooling.Mean }));

        StringAssert.Contains(error.Message, "translates");
    }

    [TestMethod]
    public void Export_Bf16_IsRefusedWithWhatThereIs()
    {
        using var folder = new TemporaryFolder();

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(
            Checkpoint(folder), folder.File("model"), new ExportOptions { Precision = ExportPrecision.Bf16 }));

        StringAssert.Contains(error.Message, "fp16");
    }

    [TestMethod]
    public void Export_Adapters_BothFitBothSides()
    {
        using var folder = new TemporaryFolder();
        var model = ModelExporter.Export(Checkpoint(folder), folder.File("model")).Folder;

        var adapter = AdapterExporter.Export(Repository.Data("models", "nllb", "adapters", "eng_Latn-hau_Latn"), model, "hau");

        Assert.AreEqual(32, adapter.Modules);
        Assert.IsTrue(adapter.Coverage.All(c => c.Status == CoverageStatus.Matched));
        Assert.AreEqual(1, adapter.Coverage.Count(c => c.Target == "model.decoder.layers.1.encoder_attn.k_proj.lora_A.weight"));
    }

    [TestMethod]
    public void Export_AdapterOfAnotherBase_IsRefusedByItsModules()
    {
        using var folder = new TemporaryFolder();
        var model = ModelExporter.Export(Checkpoint(folder), folder.File("model")).Folder;

        var error = Assert.ThrowsExactly<AdapterRefusedException>(() => AdapterExporter.Export(Repository.Demo("pos"), model, "pos"));

        StringAssert.Contains(error.Message, "modules that the base does not have");
    }

    [TestMethod]
    public void Positions_OfTheTable_AreSinesThenCosinesAndZeroForPadding()
    {
        var table = new SinusoidalPositions(Rows: 6, Width: 8, Padding: 1);
        var bytes = new byte[6 * 8 * sizeof(float)];

        table.Source.Fill(0, 6, bytes);

        var values = MemoryMarshal.Cast<byte, float>(bytes);
        Assert.IsFalse(values.Slice(8, 8).ContainsAnyExcept(0f));
        CollectionAssert.AreEqual((float[])[0, 0, 0, 0, 1, 1, 1, 1], values[..8].ToArray());
        Assert.AreEqual(Math.Sin(5), values[40], 1e-6);
        Assert.AreEqual(Math.Cos(5 * Math.Pow(10000, -1 / 3.0)), values[45], 1e-6);
        Assert.AreEqual(Math.Sin(5 / 10000.0), values[43], 1e-8);
    }

    private static M2M100Config Read(string json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), json);
        return new M2M100Config(ConfigReader.Open(folder.File("config.json")));
    }

    private static string Checkpoint(TemporaryFolder folder, string name = "checkpoint") => NllbCheckpoint.Write(folder.File(name));

    private static string Data(ExportReport report) =>
        ModelManifest.Read(report.Folder).Files.Single(f => f.Path.EndsWith(".data", StringComparison.Ordinal)).Sha256;

    /// <param name="names">Of a tensor in the new file.</param>
    /// <param name="changeCopies">The second of several differs in a number.</param>
    private static void Rewrite(string checkpoint, Func<string, byte[], string[]> names, bool changeCopies = false)
    {
        var path = Path.Combine(checkpoint, "model.safetensors");
        var builder = new SafetensorsBuilder();
        using (var file = SafetensorsFile.Open(path))
        {
            foreach (var tensor in file.Tensors.Values)
            {
                var bytes = file.ReadBytes(tensor);
                foreach (var (i, name) in names(tensor.Name, bytes).Index())
                {
                    var copy = bytes.ToArray();
                    copy[^3] ^= (byte)(changeCopies && i > 0 ? 1 : 0);
                    builder.Add(name, tensor.DType, [.. tensor.Shape], copy);
                }
            }
        }
        builder.Save(path);
    }
}
