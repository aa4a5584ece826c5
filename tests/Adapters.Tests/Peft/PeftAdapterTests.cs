using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Adapters.Tests;

[TestClass]
public sealed class PeftAdapterTests
{
    private static readonly string[] Linears =
        ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"];

    // the slots of the reference model gemma3-text
    private static readonly LoraSlot[] Slots =
    [
        .. Enumerable.Range(0, 6).SelectMany(layer => Linears.Select(linear => new LoraSlot(
            $"model.layers.{layer}.{linear}",
            linear == "mlp.down_proj" ? 128 : 64,
            linear switch { "self_attn.k_proj" or "self_attn.v_proj" => 32, "mlp.gate_proj" or "mlp.up_proj" => 128, _ => 64 }))),
    ];

    [TestMethod]
    [DataRow("a-without-b", "lora_A without its lora_B")]
    [DataRow("adalora", "peft_type is \"ADALORA\"")]
    [DataRow("alora", "alora_invocation_tokens")]
    [DataRow("dora", "use_dora")]
    [DataRow("embedding-lora", "lora_embedding_A")]
    [DataRow("extra-tensors", "layers.77.")]
    [DataRow("ia3", "peft_type is \"IA3\"")]
    [DataRow("layer-replication", "layer_replication")]
    [DataRow("loha", "peft_type is \"LOHA\"")]
    [DataRow("lora-bias", "lora_bias")]
    [DataRow("lora-lm-head", "lm_head")]
    [DataRow("missing-half", "missing: target_modules promises")]
    [DataRow("modules-to-save", "modules_to_save")]
    [DataRow("nan", "not finite (NaN")]
    [DataRow("no-weights", "neither adapter_model.safetensors nor adapter_model.bin")]
    [DataRow("olora", "init_lora_weights is \"olora\"")]
    [DataRow("pissa", "init_lora_weights is \"pissa\"")]
    [DataRow("rank-differs-from-config", "rank 4 where r or rank_pattern says 2")]
    [DataRow("save-embed", "modules_to_save")]
    [DataRow("save-lm-head", "modules_to_save")]
    [DataRow("trainable-tokens", "trainable_token_indices")]
    [DataRow("vera", "peft_type is \"VERA\"")]
    public void Open_RefusedReference_NamesTheSetting(string name, string expected)
    {
        var error = Refused(Repository.Data("models", "refused", "gemma3-text", name));

        StringAssert.Contains(error.Message, expected);
        StringAssert.Contains(error.Message, name);
        Assert.IsTrue(error.Reasons.All(r => !r.Contains('\n')), "every reason is one line");
    }

    [TestMethod]
    public void Open_RefusedReferences_AreAllInTheTable()
    {
        var tested = typeof(PeftAdapterTests).GetMethod(nameof(Open_RefusedReference_NamesTheSetting))!
            .GetCustomAttributes(typeof(DataRowAttribute), false).Cast<DataRowAttribute>().Select(r => (string)r.Data[0]!);
        var present = Directory.EnumerateDirectories(Repository.Data("models", "refused", "gemma3-text")).Select(d => Path.GetFileName(d)!);

        CollectionAssert.AreEquivalent(present.ToArray(), tested.ToArray());
    }

    [TestMethod]
    public void Open_SeveralDefects_ReportsEveryReasonAndEveryTensor()
    {
        var error = Refused(Repository.Data("models", "refused", "gemma3-text", "dora"));

        Assert.HasCount(2, error.Reasons);
        Assert.HasCount(18, error.Coverage);
        Assert.AreEqual(6, error.Coverage.Count(c => c.Status == CoverageStatus.Refused && c.Reason!.Contains("use_dora")));
        Assert.AreEqual(12, error.Coverage.Count(c => c.Status == CoverageStatus.Matched));
    }

    [TestMethod]
    public void Open_OtherPeftType_RefusesEveryTensor()
    {
        var error = Refused(Repository.Data("models", "refused", "gemma3-text", "adalora"));

        Assert.HasCount(1, error.Reasons);
        Assert.IsTrue(error.Coverage.Count == 36 && error.Coverage.All(c => c.Status == CoverageStatus.Refused));
    }

    [TestMethod]
    public void Open_PickleThatIsNone_SaysSo()
    {
        using var folder = new TemporaryFolder();
        folder.Write("adapter_config.json", """{"peft_type":"LORA","target_modules":["q_proj"]}""");
        folder.Write("adapter_model.bin", "pickle");

        var error = Assert.ThrowsExactly<InvalidDataException>(() => PeftAdapter.Open(folder.Path, Slots).Dispose());

        StringAssert.Contains(error.Message, "adapter_model.bin' is not a valid file of torch.save");
    }

    [TestMethod]
    public void Open_NoConfig_SaysWhatIsMissing()
    {
        using var folder = new TemporaryFolder();

        var error = Assert.ThrowsExactly<FileNotFoundException>(() => PeftAdapter.Open(folder.Path, Slots).Dispose());

        StringAssert.Contains(error.Message, "adapter_config.json");
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => PeftAdapter.Open(folder.File("absent"), Slots).Dispose());
    }

    [TestMethod]
    public void Open_VisionTensorsAlone_SaysThatNothingWouldChange()
    {
        using var folder = Adapter("[\"fc1\"]", new SafetensorsBuilder()
            .AddFloats("base_model.model.vision_tower.layers.0.mlp.fc1.lora_A.weight", 2, 4)
            .AddFloats("base_model.model.vision_tower.layers.0.mlp.fc1.lora_B.weight", 4, 2));

        var error = Refused(folder.Path);

        StringAssert.Contains(error.Message, "the adapter would change nothing");
        Assert.IsTrue(error.Coverage.All(c => c.Status == CoverageStatus.Dropped));
    }

    [TestMethod]
    public void Open_TensorsThatTheConfigurationLeavesOut_AreRefused()
    {
        using var folder = OneModule("[\"q_proj\"]", config =>
        {
            config["layers_to_transform"] = 0;
            config["exclude_modules"] = new JsonArray("0.self_attn.q_proj");
        });

        StringAssert.Contains(Refused(folder.Path).Message, "the file holds modules that target_modules, exclude_modules");
    }

    [TestMethod]
    public void Open_ShapeOfAnotherBase_SaysBothShapes()
    {
        using var folder = Adapter("[\"model.layers.0.self_attn.q_proj\"]", new SafetensorsBuilder()
            .AddFloats("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 2, 96)
            .AddFloats("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", 64, 2));

        StringAssert.Contains(Refused(folder.Path).Message, "shape [2, 96] where the base takes [2, 64]");
    }

    [TestMethod]
    public void Open_IntegerFactors_AreRefusedByType()
    {
        using var folder = Adapter("[\"model.layers.0.self_attn.q_proj\"]", new SafetensorsBuilder()
            .Add("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", "I8", [2, 64], new byte[128])
            .AddFloats("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", 64, 2));

        StringAssert.Contains(Refused(folder.Path).Message, "type I8");
    }

    [TestMethod]
    public void Open_TwoAdaptersInOneFile_IsRefused()
    {
        using var folder = Adapter("[\"model.layers.0.self_attn.q_proj\"]", new SafetensorsBuilder()
            .AddFloats("base_model.model.model.layers.0.self_attn.q_proj.lora_A.one.weight", 2, 64)
            .AddFloats("base_model.model.model.layers.0.self_attn.q_proj.lora_A.two.weight", 2, 64)
            .AddFloats("base_model.model.model.layers.0.self_attn.q_proj.lora_B.one.weight", 64, 2));

        StringAssert.Contains(Refused(folder.Path).Message, "second factors");
    }

    [TestMethod]
    public void Open_ExpressionThatExplodes_IsAReason()
    {
        using var folder = OneModule("\"([a-z_0-9]+.?)+!\"", _ => { });

        StringAssert.Contains(Refused(folder.Path).Message, "takes too long to match");
    }

    [TestMethod]
    public void Open_OneModule_GivesRankAndScale()
    {
        using var folder = OneModule("[\"model.layers.0.self_attn.q_proj\"]", config => config["lora_alpha"] = 5);

        using var adapter = PeftAdapter.Open(folder.Path, Slots);

        var module = adapter.Modules.Single();
        Assert.AreEqual((Slots[0], 2, 2.5f), (module.Slot, module.Rank, module.Scale));
        CollectionAssert.AreEqual(
            (string[])["model.layers.0.self_attn.q_proj.lora_A.weight", "model.layers.0.self_attn.q_proj.lora_B.weight"],
            adapter.Coverage.Select(c => c.Target).ToArray());
    }

    private static TemporaryFolder OneModule(string target, Action<JsonObject> change)
    {
        var folder = Adapter(target, new SafetensorsBuilder()
            .AddFloats("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 2, 64)
            .Add("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", "F16", [64, 2],
                MemoryMarshal.AsBytes(new Half[128].AsSpan())));
        TestFolders.Edit(folder.File("adapter_config.json"), change);
        return folder;
    }

    private static TemporaryFolder Adapter(string target, SafetensorsBuilder weights)
    {
        var folder = new TemporaryFolder();
        folder.Write("adapter_config.json", $$"""{"peft_type":"LORA","r":2,"lora_alpha":2,"target_modules":{{target}}}""");
        weights.Save(folder.File("adapter_model.safetensors"));
        return folder;
    }

    private static AdapterRefusedException Refused(string folder) =>
        Assert.ThrowsExactly<AdapterRefusedException>(() => PeftAdapter.Open(folder, Slots).Dispose());
}
