namespace XlLoraOnnx.Parity.Tests;

/// <summary>Checkpoints whose config ties the head to the embedding, and which have another: as in transformers 5, that one is
/// used.</summary>
[TestClass]
public sealed class OwnHeadTests
{
    [TestMethod]
    [DataRow("gemma2")]
    [DataRow("gemma3-text")]
    [DataRow("llama32-tied")]
    public void Logits_HeadOfItsOwnUnderATiedConfig_AreThoseOfTheHead(string model)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = RandomCheckpoint.Decoder(folder, model, config => config["tie_word_embeddings"] = false);
        var reference = ReferenceDecoder.Open(checkpoint);
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), config => config["tie_word_embeddings"] = true);
        long[] ids = [.. Enumerable.Range(0, 21).Select(i => 3 + 71L * i % 1900)];

        var report = ModelExporter.Export(checkpoint, folder.File("fp32"));
        ModelExporter.Export(checkpoint, folder.File("int8"),
            new ExportOptions { Precision = ExportPrecision.Int8, Keep = [new KeepRule("layers.*", ExportPrecision.Fp32)] });

        StringAssert.Contains(report.Notices.Single(), "untied");
        var expected = reference.Logits(ids)[^1];
        Assert.IsLessThan(1e-4, Difference(expected, Logits(folder.File("fp32"), ids)));
        Assert.IsLessThan(0.2, Difference(expected, Logits(folder.File("int8"), ids)));
        var tied = ReferenceDecoder.Open(checkpoint).Logits(ids)[^1];
        Assert.IsGreaterThan(1, Difference(expected, [.. tied.Select(v => (float)v)]), "the two heads say something else");
    }

    [TestMethod]
    public void Load_SettingsThatNobodyApplies_AreLoggedOnceAndMinPIsUsed()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "gemma3-text").CopyTo(folder, "checkpoint");
        TestFolders.Edit(Path.Combine(checkpoint, "generation_config.json"), generation =>
            (generation["min_p"], generation["typical_p"]) = (0.25, 0.9));
        ModelExporter.Export(checkpoint, folder.File("model"));
        var logs = new ListedLogs();

        using var model = XlLoraModel.Load(folder.File("model"), new XlLoraModelOptions { LoggerFactory = logs });

        Assert.AreEqual(0.25f, model.DefaultSampling.MinP);
        StringAssert.StartsWith(model.Notices.Single(), "generation_config.json sets typical_p 0.9: ");
        StringAssert.EndsWith(logs.Entries.Single(e => e.Id == 13).Text, model.Notices.Single());
        using var plain = XlLoraModel.Load(ExportedModels.Golden("gemma3-text"));
        Assert.IsEmpty(plain.Notices);
    }

    private static float[] Logits(string folder, long[] ids)
    {
        using var run = new GraphRun(folder, ModelManifest.Read(folder).Dimensions);
        return run.Logits(ids);
    }

    private static double Difference(double[] expected, float[] actual) => expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
}
