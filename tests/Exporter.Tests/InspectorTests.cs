
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class InspectorTests
{
    [TestMethod]
    public void Inspect_Checkpoint_SaysFamilyAndTensors()
    {
        var inspection = Inspector.Inspect(Repository.Data("models", "gemma3-multimodal"));

        Assert.AreEqual("checkpoint", inspection.Kind);
        Assert.AreEqual("gemma3", inspection.Facts["family"]);
        Assert.HasCount(130, inspection.Tensors);
        Assert.IsEmpty(inspection.Refusals);
    }

    [TestMethod]
    public void Inspect_EncoderCheckpoint_SaysThatItCannotBeExported()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", """{"architectures": ["T5EncoderModel"]}""");
        new SafetensorsBuilder().AddFloats("w", 2, 2).Save(folder.File("model.safetensors"));

        var inspection = Inspector.Inspect(folder.Path);

        Assert.AreEqual("not supported", inspection.Facts["family"]);
        StringAssert.Contains(inspection.Refusals.Single(), "T5EncoderModel");
    }

    [TestMethod]
    [DataRow("dora", "use_dora")]
    [DataRow("no-weights", "weights are missing")]
    public void Inspect_PeftFolder_SaysWhatWillBeRefused(string adapter, string reason)
    {
        var inspection = Inspector.Inspect(Repository.Data("models", "refused", "gemma3-text", adapter));

        Assert.AreEqual("PEFT adapter", inspection.Kind);
        StringAssert.Contains(string.Join('\n', inspection.Refusals), reason);
    }

    [TestMethod]
    public void Inspect_AdapterOfFlare_SaysWhatItFuses()
    {
        using var folder = new TemporaryFolder();
        FlareFolder.Write(folder.File("adapter"), FlareRuns.Facts, FlareRuns.Trained());

        var inspection = Inspector.Inspect(folder.File("adapter"));

        Assert.AreEqual("FLARE adapter", inspection.Kind);
        Assert.AreEqual(("add_relu", "model", "classification", "es", "2"), (inspection.Facts["fusion_fn"], inspection.Facts["source"],
            inspection.Facts["head"], inspection.Facts["target_lang"], inspection.Facts["r"]));
        Assert.HasCount(4, inspection.Tensors);
        Assert.IsEmpty(inspection.Refusals);
    }

    [TestMethod]
    public void Inspect_AdapterOfFlareWithAnUnknownFunction_SaysThatItWillBeRefused()
    {
        using var folder = new TemporaryFolder();
        FlareFolder.Write(folder.File("adapter"), FlareRuns.Facts, FlareRuns.Trained());
        TestFolders.Edit(folder.File("adapter/flare_config.json"), config => config["fusion_fn"] = "average");

        StringAssert.Contains(Inspector.Inspect(folder.File("adapter")).Refusals.Single(), "average");
    }

    [TestMethod]
    public void Inspect_OfficialAdapterFile_ListsItsTensors()
    {
        var inspection = Inspector.Inspect(Repository.Data("official", "adapter3.onnx_adapter"));

        Assert.HasCount(3, inspection.Tensors);
        CollectionAssert.AreEquivalent(new[] { "float32", "float16", "bfloat16" }, inspection.Tensors.Select(t => t.DType).ToArray());
    }

    [TestMethod]
    public void CheckUntrusted_SeveralDangers_ListsEachOfThem()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", """{"architectures": ["Gemma3ForCausalLM"], "auto_map": {"AutoModel": "modeling.Evil"}}""");
        folder.Write("modeling.py", "print('hello')");
        folder.Write("pytorch_model.bin", "pickle");
        folder.Write("model.safetensors", "not one");
        folder.Write("generation_config.json", "{\"a\": 1, \"a\": 2}");
        File.CreateSymbolicLink(folder.File("tokenizer.json"), "/etc/hostname");

        var findings = Inspector.CheckUntrusted(folder.Path);

        var dangerous = findings.Where(f => f.Level == FindingLevel.Unsafe).Select(f => f.File).Order(StringComparer.Ordinal).ToArray();
        CollectionAssert.AreEqual(
            new[] { "generation_config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json" }, dangerous);
        CollectionAssert.AreEquivalent(
            new[] { "config.json", "modeling.py" }, findings.Where(f => f.Level == FindingLevel.Note).Select(f => f.File).ToArray());
    }

    [TestMethod]
    public void CheckUntrusted_SoundCheckpoint_FindsNothing() =>
        Assert.IsEmpty(Inspector.CheckUntrusted(Repository.Data("models", "gemma3-text")));
}
