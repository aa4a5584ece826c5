namespace XlLoraOnnx.Exporter.Tests;

/// <summary>What config.json and generation_config.json say and the export does not do, or has without being told: it is named.</summary>
[TestClass]
public sealed class ExportNoticeTests
{
    [TestMethod]
    [DataRow("gemma3-text", ExportPrecision.Fp32, "lm_head.MatMul.weight")]
    [DataRow("gemma2", ExportPrecision.Int8W, "lm_head.MatMul.weight_Q8")]
    [DataRow("llama32-tied", ExportPrecision.Int4, "lm_head.MatMul.weight_Q4")]
    public void Export_HeadOfItsOwnUnderATiedConfig_StaysUntiedAndTheReportSaysSo(string model, ExportPrecision precision, string target)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = OwnHeads.Write(folder, model, tie: true, OwnHead.Other);
        var options = new ExportOptions { Precision = precision };

        var plan = ModelExporter.Plan(checkpoint, folder.File("out"), options);
        var report = ModelExporter.Export(checkpoint, folder.File("out"), options);

        var head = report.Coverage.Single(c => c.Tensor == "lm_head.weight");
        Assert.AreEqual((CoverageStatus.Matched, target), (head.Status, head.Target));
        var notice = report.Notices.Single();
        StringAssert.StartsWith(notice, "tie_word_embeddings says that the embedding is the head, and the checkpoint has another");
        CollectionAssert.AreEqual(new[] { notice }, plan.Notices.ToArray());
    }

    [TestMethod]
    [DataRow("gemma3-text")]
    [DataRow("llama32-tied")]
    public void Export_UntiedConfigWithoutAHead_IsRefusedByName(string model)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = OwnHeads.Write(folder, model, tie: false, OwnHead.None);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(error.Message, "(tie_word_embeddings), and the checkpoint has no lm_head.weight");
    }

    [TestMethod]
    [DataRow("gemma3-text", "bos_token_id 2, eos_token_id 1, pad_token_id 0", "Gemma3TextConfig", 0)]
    [DataRow("gemma2", "bos_token_id 2, eos_token_id 1, pad_token_id 0", "Gemma2Config", 0)]
    [DataRow("llama31", "bos_token_id 1, eos_token_id 2", "LlamaConfig", 2)]
    public void Export_FilesWithoutTokenIds_TakesThoseOfTheClassAndSaysSo(string model, string ids, string configClass, int pad)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", model).CopyTo(folder, "checkpoint");
        File.Delete(Path.Combine(checkpoint, "generation_config.json"));
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), config =>
        {
            foreach (var name in (string[])["bos_token_id", "eos_token_id", "pad_token_id"])
                config.Remove(name);
        });

        var report = ModelExporter.Export(checkpoint, folder.File("out"));

        StringAssert.StartsWith(report.Notices.Single(), "No file says ");
        foreach (var id in ids.Split(", "))
            StringAssert.Contains(report.Notices.Single(), id);
        StringAssert.Contains(report.Notices.Single(), configClass);
        Assert.AreEqual(pad, ModelManifest.Read(folder.File("out")).Decoder!.Tokens.PadTokenId);
    }

    [TestMethod]
    public void Export_SettingsThatNobodyApplies_AreInThePlanTheReportAndTheManifest()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "llama31").CopyTo(folder, "checkpoint");
        TestFolders.Edit(Path.Combine(checkpoint, "generation_config.json"), generation =>
            (generation["min_p"], generation["typical_p"], generation["num_beams"]) = (0.1, 0.9, 1));

        var report = ModelExporter.Export(checkpoint, folder.File("out"));

        var decoder = ModelManifest.Read(folder.File("out")).Decoder!;
        StringAssert.StartsWith(report.Notices.Single(), "generation_config.json sets typical_p 0.9: text is generated without");
        Assert.AreEqual(0.1f, decoder.Sampling.MinP);
        CollectionAssert.AreEqual(new[] { "typical_p 0.9" }, decoder.IgnoredSettings!.ToArray());
    }
}
