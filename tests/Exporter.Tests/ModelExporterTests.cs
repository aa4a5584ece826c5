using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class ModelExporterTests
{
    [TestMethod]
    public void Export_SameCheckpointTwice_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var options = new ExportOptions { Adapters = new Dictionary<string, string> { ["pos"] = Repository.Demo("pos") } };

        foreach (var name in (string[])["a", "b"])
            ModelExporter.Export(Repository.Demo("base"), folder.File(name), options);

        var files = Relative(folder.File("a"));
        CollectionAssert.AreEqual(files, Relative(folder.File("b")));
        CollectionAssert.Contains(files, Path.Combine("adapters", "pos.onnx_adapter"));
        foreach (var file in files)
            CollectionAssert.AreEqual(Bytes("a", file), Bytes("b", file), file);

        byte[] Bytes(string export, string file) => File.ReadAllBytes(Path.Combine(folder.File(export), file));
    }

    [TestMethod]
    public void Export_Demonstration_ReportsWhatItMade()
    {
        using var folder = new TemporaryFolder();
        var adapters = new Dictionary<string, string> { ["pos"] = Repository.Demo("pos"), ["neg"] = Repository.Demo("neg") };
        var progress = new ProgressList();

        var report = ModelExporter.Export(
            Repository.Demo("base"), folder.File("out"), new ExportOptions { Adapters = adapters, ContextLength = 512 }, progress);

        Assert.AreEqual((folder.File("out"), "gemma3", "fp32", 2896320L, 512),
            (report.Folder, report.Family, report.Precision, report.Parameters, report.ContextLength));
        CollectionAssert.AreEqual((string[])["pos", "neg"], report.Adapters.Keys.ToArray());
        Assert.AreEqual(Relative(report.Folder).Sum(f => new FileInfo(Path.Combine(report.Folder, f)).Length), report.BytesWritten);
        Assert.IsTrue(report.Coverage.Count == 80 && report.Coverage.All(c => c.Status == CoverageStatus.Matched));
        Assert.AreEqual(new FileInfo(Path.Combine(Repository.Demo("base"), "model.safetensors")).Length, report.BytesRead, 20_000);
        Assert.IsTrue(report.PeakMemory > 20 << 20 && report.Elapsed > TimeSpan.Zero);
        foreach (var stage in (string[])["weights", "reading back", "adapters"])
        {
            var last = progress.Reports.Last(p => p.Stage == stage);
            Assert.AreEqual(last.BytesTotal, last.BytesDone);
        }
    }

    [TestMethod]
    public void Export_Manifest_DescribesTheFolder()
    {
        using var folder = new TemporaryFolder();
        var exported = folder.Export("gemma3-multimodal");

        var manifest = ModelManifest.Read(exported);

        Assert.AreEqual(("gemma3", "Gemma3ForConditionalGeneration", "gemma3_text", "fp32"),
            (manifest.Family, manifest.Architecture, manifest.ModelType, manifest.Precision));
        Assert.AreEqual(new EmbeddingScale(8, "exact"), manifest.Decoder!.EmbeddingScale);
        Assert.AreEqual("fp32", manifest.LoraDtype);
        Assert.AreEqual(16, manifest.Dimensions.SlidingWindow);
        CollectionAssert.AreEqual(
            Enumerable.Range(0, 6).Select(layer => CacheEntry.OfSelfAttention(layer, manifest.Dimensions.NumKeyValueHeads,
                manifest.Dimensions.HeadDim, layer < 5 ? 16 : null)).ToArray(), manifest.Decoder.Caches.ToArray());
        Assert.AreEqual("lora=model.onnx base=model.base.onnx scoring=model.scoring.onnx continuous=model.continuous.onnx "
            + "continuous.base=model.continuous.base.onnx continuous.rolling=model.continuous.rolling.onnx "
            + "continuous.rolling.base=model.continuous.rolling.base.onnx",
            string.Join(' ', manifest.Graphs.Select(g => $"{g.Key}={g.Value}")));
        var tokens = manifest.Decoder.Tokens;
        Assert.AreEqual((2, 0, true), (tokens.BosTokenId, tokens.PadTokenId, tokens.HasChatTemplate));
        CollectionAssert.AreEqual((int[])[1, 6], tokens.EosTokenIds.ToArray());
        var sampling = new SamplingFacts { DoSample = true, Temperature = 1, TopK = 64, TopP = 0.95f, RepetitionPenalty = 1 };
        Assert.AreEqual(sampling, manifest.Decoder.Sampling);
        Assert.IsTrue(manifest.Canary!.InputIds[0] == 2 && manifest.Canary!.InputIds.Count == 9);
        CollectionAssert.AreEqual(
            (string[])
            [
                "genai_config.json", "model.base.onnx", "model.continuous.base.onnx", "model.continuous.onnx",
                "model.continuous.rolling.base.onnx", "model.continuous.rolling.onnx", "model.onnx", "model.onnx.data",
                "model.scoring.onnx", "tokenizer.json", "tokenizer_config.json",
            ],
            manifest.Files.Select(f => f.Path).ToArray());
        foreach (var file in manifest.Files)
        {
            var bytes = File.ReadAllBytes(Path.Combine(exported, file.Path));
            Assert.AreEqual(bytes.Length, file.Bytes);
            Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(bytes)), file.Sha256, file.Path);
        }
    }

    [TestMethod]
    public void Export_MultimodalCheckpoint_CoversEveryTensor()
    {
        using var folder = new TemporaryFolder();

        var report = ModelExporter.Export(Repository.Data("models", "gemma3-multimodal"), folder.File("out"));

        Assert.AreEqual(80, report.Coverage.Count(c => c.Status == CoverageStatus.Matched));
        var dropped = report.Coverage.Where(c => c.Status == CoverageStatus.Dropped).ToArray();
        Assert.HasCount(130 - 80, dropped);
        Assert.IsTrue(dropped.All(c => c.Tensor.StartsWith("vision_tower.") || c.Tensor.StartsWith("multi_modal_projector.")));
    }

    [TestMethod]
    public void Export_GenAiConfig_HasTheDimensionsAndNoSlidingWindow()
    {
        using var folder = new TemporaryFolder();

        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder.Export("gemma3-text"), "genai_config.json")))!;

        Assert.AreEqual("gemma3_text", (string)json["model"]!["type"]!);
        Assert.AreEqual((2048, 2000), ((int)json["model"]!["context_length"]!, (int)json["model"]!["vocab_size"]!));
        CollectionAssert.AreEqual((int[])[1, 6], json["model"]!["eos_token_id"]!.AsArray().Select(n => (int)n!).ToArray());
        var decoder = json["model"]!["decoder"]!.AsObject();
        Assert.AreEqual((16, 2, 6), ((int)decoder["head_size"]!, (int)decoder["num_key_value_heads"]!, (int)decoder["num_hidden_layers"]!));
        Assert.IsFalse(decoder.ContainsKey("sliding_window"), "it would select another cache");
        Assert.AreEqual((2048, true, 0.95f),
            ((int)json["search"]!["max_length"]!, (bool)json["search"]!["past_present_share_buffer"]!, (float)json["search"]!["top_p"]!));
    }

    [TestMethod]
    public void Export_HeadOfItsOwn_IsExportedTransposed()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = OwnHeads.Write(folder, "gemma3-text", tie: false, OwnHead.Other);

        var report = ModelExporter.Export(checkpoint, folder.File("out"));

        var head = report.Coverage.Single(c => c.Tensor == "lm_head.weight");
        Assert.AreEqual((CoverageStatus.Matched, "lm_head.MatMul.weight"), (head.Status, head.Target));
        Assert.AreEqual(350976 + 2000 * 64, report.Parameters);
    }

    [TestMethod]
    public void Export_HeadThatEqualsTheEmbedding_IsDroppedWithAReason()
    {
        using var folder = new TemporaryFolder();

        var report = ModelExporter.Export(OwnHeads.Write(folder, "gemma3-text", tie: true, OwnHead.Copy), folder.File("out"));

        var head = report.Coverage.Single(c => c.Tensor == "lm_head.weight");
        Assert.AreEqual(CoverageStatus.Dropped, head.Status);
        StringAssert.Contains(head.Reason, "tie_word_embeddings");
        Assert.IsEmpty(report.Notices);
        Assert.AreEqual(350976, report.Parameters);
    }

    [TestMethod]
    public void Export_OutputNotEmpty_IsRefusedAndUntouched()
    {
        using var folder = new TemporaryFolder();
        folder.Write("out/mine.txt", "kept");

        var error = Assert.ThrowsExactly<IOException>(() => ModelExporter.Export(Repository.Demo("base"), folder.File("out")));

        StringAssert.Contains(error.Message, "Remove it or choose another");
        CollectionAssert.AreEqual((string[])["mine.txt"], Relative(folder.File("out")));
    }

    [TestMethod]
    public void Export_OutputEmpty_IsUsed()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("out"));

        ModelExporter.Export(Repository.Data("models", "gemma3-text"), folder.File("out") + Path.DirectorySeparatorChar);

        Assert.IsTrue(File.Exists(Path.Combine(folder.File("out"), "xllora.json")));
    }

    [TestMethod]
    public void Export_TruncatedCheckpoint_SaysSoAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Demo("base").CopyTo(folder, "checkpoint");
        var weights = Path.Combine(checkpoint, "model.safetensors");
        using (var stream = File.OpenWrite(weights))
            stream.SetLength(stream.Length - 1000);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(error.Message, "truncated");
        var left = Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).ToArray();
        CollectionAssert.AreEqual((string[])["checkpoint"], left);
    }

    [TestMethod]
    public void Export_CancelledBeforeAnythingIsWritten_LeavesNothing()
    {
        using var folder = new TemporaryFolder();

        Assert.ThrowsExactly<OperationCanceledException>(() => ModelExporter.Export(
            Repository.Data("models", "gemma3-text"), folder.File("out"), null, null, new CancellationToken(canceled: true)));

        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Export_RefusedAdapter_WritesNothing()
    {
        using var folder = new TemporaryFolder();
        var progress = new ProgressList();
        var options = new ExportOptions
        {
            Adapters = new Dictionary<string, string> { ["a"] = Repository.Data("models", "refused", "gemma3-text", "dora") },
        };

        Assert.ThrowsExactly<AdapterRefusedException>(() =>
            ModelExporter.Export(Repository.Data("models", "gemma3-text"), folder.File("out"), options, progress));

        Assert.IsEmpty(progress.Reports);
        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [TestMethod]
    [DataRow("tokenizer.json")]
    [DataRow("tokenizer_config.json")]
    [DataRow("config.json")]
    public void Export_MissingFile_NamesIt(string name)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "gemma3-text").CopyTo(folder, "checkpoint");
        File.Delete(Path.Combine(checkpoint, name));

        var error = Assert.ThrowsExactly<FileNotFoundException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(error.Message, name);
    }

    [TestMethod]
    public void Export_DimensionsThatTheTensorsDoNotHave_AreRefused()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "gemma3-text").CopyTo(folder, "checkpoint");
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), config => config["vocab_size"] = 1999);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(error.Message, "model.embed_tokens.weight");
        StringAssert.Contains(error.Message, "[1999, 64]");
    }

    [TestMethod]
    public void Export_NoCheckpoint_IsNotFound()
    {
        using var folder = new TemporaryFolder();

        Assert.ThrowsExactly<DirectoryNotFoundException>(() => ModelExporter.Export(folder.File("absent"), folder.File("out")));
        Assert.ThrowsExactly<ArgumentException>(() => ModelExporter.Export("", folder.File("out")));
    }

    /// <summary>The reference model in one file, with a head beside the embedding.</summary>
    private static string[] Relative(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal)];

    /// <summary>Reports at once, unlike <see cref="Progress{T}"/>.</summary>
    private sealed class ProgressList : IProgress<ExportProgress>
    {
        public List<ExportProgress> Reports { get; } = [];

        public Action<ExportProgress>? Then { get; init; }

        public void Report(ExportProgress value)
        {
            Reports.Add(value);
            Then?.Invoke(value);
        }
    }
}
