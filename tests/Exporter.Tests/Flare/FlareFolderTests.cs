using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class FlareFolderTests
{
    [TestMethod]
    public void Write_ValuesOfATrainer_AreReadAsTheyWere()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder);

        using var run = FlareRun.Open(path);

        var settings = FlareSettings.Of(run, new FlareOptions());
        Assert.AreEqual(("flare-add_relu", FusionFunction.AddRelu, FlareSource.Model), (run.Adapter, settings.Fusion, settings.Source));
        Assert.AreEqual((8.0, "xnli", "en", "es", 64),
            (settings.Alpha, settings.Task, settings.SourceLanguage, settings.TargetLanguage, settings.MaxLength));
        var module = run.Modules[FlareRuns.Query];
        Assert.AreEqual((2, 12, 8), (module.Rank, module.In, module.Out));
        CollectionAssert.AreEqual(Values(2, 12), module.A!.File.ReadFloat32(module.A.Tensor.Name));
        CollectionAssert.AreEqual(new[] { "classifier.dense.weight", "classifier.out_proj.weight" }, run.Head.Keys.ToArray());
        Assert.HasCount(1, Directory.EnumerateFileSystemEntries(folder.Path), "what it was made in is gone");
    }

    [TestMethod]
    public void Write_Names_AreThoseOfPeft()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder);

        using var weights = SafetensorsFile.Open(Path.Combine(path, PeftAdapter.WeightsFile));
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(path, PeftAdapter.ConfigFile)))!;

        CollectionAssert.AreEqual(new[]
        {
            $"base_model.model.{FlareRuns.Query}.lora_A.weight", $"base_model.model.{FlareRuns.Query}.lora_B.weight",
            "base_model.model.classifier.dense.weight", "base_model.model.classifier.out_proj.weight",
        }, weights.Tensors.Keys.ToArray());
        Assert.AreEqual("""["query"]""", config["target_modules"]!.ToJsonString());
        Assert.AreEqual("""["classifier"]""", config["modules_to_save"]!.ToJsonString());
        Assert.AreEqual(("LORA", 2, 8, "xlmr"), ((string)config["peft_type"]!, (int)config["r"]!, (int)config["lora_alpha"]!,
            (string)config["base_model_name_or_path"]!));
        Assert.IsNull(config["task_type"]);
    }

    [TestMethod]
    public void Write_FolderThatIsThere_IsLeftAlone()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder);
        var before = File.ReadAllBytes(Path.Combine(path, PeftAdapter.WeightsFile));

        Assert.ThrowsExactly<IOException>(() => Write(folder));

        CollectionAssert.AreEqual(before, File.ReadAllBytes(Path.Combine(path, PeftAdapter.WeightsFile)));
        Assert.HasCount(1, Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Write_TensorThatCannotBeRead_LeavesNothing()
    {
        using var folder = new TemporaryFolder();
        var broken = new FlareFolderTensor("classifier.dense.bias", [8], new TensorSource(1, 32, (_, _, _) => throw new IOException("gone")));

        Assert.ThrowsExactly<IOException>(() => FlareFolder.Write(folder.File("adapter"), FlareRuns.Facts, [.. FlareRuns.Trained(), broken]));

        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [TestMethod]
    [DataRow("adapter_config.json", "r", null, "r is absent")]
    [DataRow("adapter_config.json", "r", "4", "has rank 2; r or rank_pattern in adapter_config.json says 4")]
    [DataRow("adapter_config.json", "target_modules", """["key"]""", "leaves out")]
    [DataRow("flare_config.json", "fusion_fn", null, "fusion_fn is absent")]
    [DataRow("flare_config.json", "adapter_name", null, "adapter_name is absent")]
    [DataRow("flare_config.json", "adapter_name", "\"flare-mul\"", "flare-mul")]
    [DataRow("flare_config.json", "source", null, "source is absent")]
    [DataRow("flare_config.json", "source", "\"none\"", "nothing to be fused")]
    [DataRow("flare_config.json", "source", "\"translation_encoder\"", "contradict adapter_name")]
    [DataRow("flare_config.json", "inputfusion", "true", "contradict adapter_name")]
    [DataRow("flare_config.json", "head", "\"question_answering\"", "a head for classification")]
    [DataRow("flare_config.json", "labels", "4", "has 3")]
    [DataRow("flare_config.json", "labels", "-1", "labels is -1")]
    [DataRow("flare_config.json", "max_length", "\"long\"", "max_length")]
    [DataRow("flare_config.json", "base_fingerprint", "\"sha256:12\"", "sha256:12")]
    public void Open_FilesThatContradictThemselves_AreRefusedByName(string file, string field, string? value, string said)
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder);
        Edit(path, file, field, value);

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(path)).Message, said);
    }

    [TestMethod]
    [DataRow("flare_config.json", "fusion_fn", "\"average\"", "add, mul, matmul, add_relu, matmul_relu, cross-attention")]
    [DataRow("flare_config.json", "source", "\"dictionary\"", "none, model, translation_encoder")]
    [DataRow("adapter_config.json", "use_dora", "true", "use_dora")]
    [DataRow("adapter_config.json", "use_rslora", "true", "lora_alpha / r")]
    [DataRow("adapter_config.json", "peft_type", "\"IA3\"", "only LORA")]
    public void Open_SettingsThatFlareHasNot_AreRefusedByName(string file, string field, string value, string said)
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder);
        Edit(path, file, field, value);

        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => Read(path)).Message, said);
    }

    [TestMethod]
    [DataRow("flare_config.json", "[]")]
    [DataRow("flare_config.json", "{")]
    [DataRow("adapter_config.json", """{"r": 2, "r": 3}""")]
    public void Open_NoJson_IsMalformed(string file, string text)
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder);
        File.WriteAllText(Path.Combine(path, file), text);

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(path)).Message, file);
    }

    [TestMethod]
    [DataRow(PeftAdapter.ConfigFile)]
    [DataRow(PeftAdapter.WeightsFile)]
    public void Open_HalfOfAFolder_NamesTheMissingFile(string file)
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder);
        File.Delete(Path.Combine(path, file));

        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => Read(path)).Message, file);
    }

    [TestMethod]
    [DataRow("x.weight", "x.weight")]
    [DataRow("base_model.model.roberta.pooler.dense.weight", "modules_to_save")]
    public void Open_TensorThatNobodyPromised_IsRefusedByName(string name, string said)
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder);
        var builder = new SafetensorsBuilder();
        using (var weights = SafetensorsFile.Open(Path.Combine(path, PeftAdapter.WeightsFile)))
        {
            foreach (var tensor in weights.Tensors.Values)
                builder.Add(tensor.Name, tensor.DType, [.. tensor.Shape], weights.ReadBytes(tensor));
        }
        builder.AddFloats(name, 2, 2).Save(Path.Combine(path, PeftAdapter.WeightsFile));

        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => Read(path)).Message, said);
    }

    private static void Read(string path)
    {
        using var run = FlareRun.Open(path);
        FlareSettings.Of(run, new FlareOptions());
    }

    private static string Write(TemporaryFolder folder)
    {
        var path = folder.File("adapter");
        FlareFolder.Write(path, FlareRuns.Facts, FlareRuns.Trained());
        return path;
    }

    private static float[] Values(int rows, int columns) => FlareRuns.Values(rows * columns);

    /// <param name="value">JSON; null for a field that is not there.</param>
    private static void Edit(string folder, string file, string field, string? value)
    {
        var path = Path.Combine(folder, file);
        var json = (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;
        json.Remove(field);
        if (value is not null)
            json[field] = JsonNode.Parse(value);
        File.WriteAllText(path, json.ToJsonString());
    }
}
