using System.Text.Json.Nodes;
using XlLoraOnnx.Adapters;

namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class PeftWriterTests
{
    private static readonly AdapterTrainingOptions Options = new() { Rank = 4, Alpha = 6 };

    [TestMethod]
    public void Write_OfTheDemonstrationBase_IsReadBack()
    {
        using var folder = new TemporaryFolder();
        using var model = AdapterBase.Open(Repository.Demo("base"));

        Write(folder, model, null);

        using var adapter = PeftAdapter.Open(folder.File("out"), model.Slots);
        Assert.HasCount(model.Slots.Count, adapter.Modules);
        var module = adapter.Modules.Single(m => m.Slot.Name == "model.layers.3.mlp.down_proj");
        Assert.AreEqual(1.5f, module.Scale);
        Assert.AreEqual("base_model.model.model.layers.3.mlp.down_proj.lora_A.weight", module.A.Tensor.Name);
        CollectionAssert.AreEqual((long[])[4, 512], module.A.Tensor.Shape.ToArray());
        CollectionAssert.AreEqual((long[])[192, 4], module.B.Tensor.Shape.ToArray());
        var (a, b) = Factors(model, "model.layers.3.mlp.down_proj");
        using var file = SafetensorsFile.Open(Path.Combine(folder.File("out"), PeftAdapter.WeightsFile));
        var (ownA, ownB) = (Read(file, module.A.Tensor.Name), Read(file, module.B.Tensor.Name));
        for (var k = 0; k < 4; k++)
        {
            Assert.AreEqual(a[7 * 4 + k], ownA[k * 512 + 7]);
            Assert.AreEqual(b[k * 192 + 5], ownB[5 * 4 + k]);
        }
    }

    [TestMethod]
    public void Write_ItsSettings_HaveTheFieldsOfPeft()
    {
        using var folder = new TemporaryFolder();
        using var model = AdapterBase.Open(Repository.Demo("base"));

        Write(folder, model, null);

        var own = Settings(folder);
        var peft = JsonNode.Parse(File.ReadAllText(Repository.Demo("pos", PeftAdapter.ConfigFile)))!.AsObject();
        CollectionAssert.AreEqual(peft.Select(f => f.Key).ToArray(), own.Select(f => f.Key).ToArray());
        Assert.AreEqual("""["down_proj","gate_proj","k_proj","o_proj","q_proj","up_proj","v_proj"]""",
            own["target_modules"]!.ToJsonString());
        foreach (var (name, value) in peft.Where(f => f.Key is not ("target_modules" or "r" or "lora_alpha" or "lora_dropout")))
            Assert.IsTrue(JsonNode.DeepEquals(name == "base_model_name_or_path" ? "base" : value, own[name]), name);
        Assert.AreEqual("4 6 0.05", $"{own["r"]} {own["lora_alpha"]} {own["lora_dropout"]}");
    }

    [TestMethod]
    [DataRow("q_proj,v_proj", """["q_proj","v_proj"]""")]
    [DataRow("layers.0.self_attn.q_proj", "model\\.layers\\.0\\.self_attn\\.q_proj")]
    public void Write_OfSomeModules_SelectsThemAlone(string targets, string expected)
    {
        using var folder = new TemporaryFolder();
        using var model = AdapterBase.Open(Repository.Demo("base"));

        Write(folder, model, targets.Split(','));

        var own = Settings(folder)["target_modules"]!;
        Assert.AreEqual(expected, own is JsonArray ? own.ToJsonString() : own.GetValue<string>());
        using var adapter = PeftAdapter.Open(folder.File("out"), model.Slots);
        CollectionAssert.AreEqual(
            LoraParameters.Select(model.Slots, targets.Split(',')).ToArray(), adapter.Modules.Select(m => m.Slot).ToArray());
    }

    [TestMethod]
    public void Write_OfAMultimodalBase_LeavesItsVisionTowerAlone()
    {
        using var folder = new TemporaryFolder();
        using var model = AdapterBase.Open(Repository.Data("models", "gemma3-multimodal"));

        Write(folder, model, null);

        Assert.AreEqual(@"model\.language_model\.layers\.\d+\.(?:mlp\.down_proj|mlp\.gate_proj|mlp\.up_proj|self_attn\.k_proj|"
            + @"self_attn\.o_proj|self_attn\.q_proj|self_attn\.v_proj)", Settings(folder)["target_modules"]!.GetValue<string>());
        using var adapter = PeftAdapter.Open(folder.File("out"), model.Slots);
        Assert.HasCount(model.Slots.Count, adapter.Modules);
        StringAssert.StartsWith(adapter.Coverage[0].Tensor, "base_model.model.model.language_model.layers.0.");
    }

    [TestMethod]
    public void Write_WhereThePartialFolderIsLeft_BeginsAnew()
    {
        using var folder = new TemporaryFolder();
        using var model = AdapterBase.Open(Repository.Demo("base"));
        folder.Write("partial/left.txt", "x");
        Directory.CreateDirectory(folder.File("out"));

        Write(folder, model, ["q_proj"]);

        CollectionAssert.AreEquivalent((string[])["README.md", "adapter_config.json", "adapter_model.safetensors", "curves.csv"],
            Directory.GetFiles(folder.File("out")).Select(Path.GetFileName).ToArray());
        Assert.IsFalse(Directory.Exists(folder.File("partial")));
    }

    private static void Write(TemporaryFolder folder, AdapterBase model, string[]? targets)
    {
        var options = Options with { TargetModules = targets };
        var parameters = LoraParameters.Create(LoraParameters.Select(model.Slots, targets), options.Rank, seed: 1);
        foreach (var parameter in parameters.Where(p => p.Name.EndsWith(LoraParameters.B, StringComparison.Ordinal)))
            TrainingSteps.Numbers(parameter.Length, 5).CopyTo(parameter.Values);
        PeftWriter.Write(folder.File("partial"), folder.File("out"), new PeftSource(model.Name, model.Text, model.Slots, options),
            parameters, "# card\n", [folder.Write("curves.csv", "step\n")]);
        foreach (var parameter in parameters)
            parameter.Dispose();
    }

    private static (float[] A, float[] B) Factors(AdapterBase model, string module)
    {
        var slot = model.Slots.Single(s => s.Name == module);
        var parameters = LoraParameters.Create([slot], Options.Rank, seed: 1);
        var a = parameters[0].Values.ToArray();
        foreach (var parameter in parameters)
            parameter.Dispose();
        return (a, TrainingSteps.Numbers(Options.Rank * slot.OutFeatures, 5));
    }

    private static JsonObject Settings(TemporaryFolder folder) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(folder.File("out"), PeftAdapter.ConfigFile)))!.AsObject();

    private static float[] Read(SafetensorsFile file, string name)
    {
        var tensor = file.Tensors[name];
        var bytes = new byte[tensor.Bytes];
        file.ReadBytes(tensor, 0, bytes);
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray();
    }
}
