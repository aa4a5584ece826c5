
namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class ExportCommandTests
{
    [TestMethod]
    public void Export_DemonstrationModel_PrintsCoverageAndInspectShowsIt()
    {
        using var folder = new TemporaryFolder();

        var exported = CommandLine.Run(
            folder.Path, "export", Repository.Demo("base"), "-o", "out", "--adapter", $"pos={Repository.Demo("pos")}");
        var inspected = CommandLine.Run(folder.Path, "inspect", "out");
        var json = CommandLine.Run(folder.Path, "inspect", "out", "--json");

        Assert.AreEqual(0, exported.ExitCode, exported.Error);
        StringAssert.Contains(exported.Output, "adapter pos: rank 8, alpha 16, 42 modules");
        StringAssert.Contains(exported.Output, "base_model.model.model.layers.*.self_attn.q_proj.lora_A.weight");
        Assert.AreEqual(0, inspected.ExitCode, inspected.Error);
        StringAssert.Contains(inspected.Output, "Gemma3ForCausalLM");
        StringAssert.Contains(inspected.Output, "adapter pos: rank 8");
        Assert.AreEqual(0, json.ExitCode, json.Error);
        using var info = System.Text.Json.JsonDocument.Parse(json.Output);
        Assert.AreEqual("pos", info.RootElement.GetProperty("adapters").EnumerateObject().First().Name);
    }

    [TestMethod]
    public void Export_RunOfFlare_WritesItsAdapterAloneOrBesideAndTakesItAgain()
    {
        using var folder = new TemporaryFolder();
        string[] of = ["--base", Repository.Data("models", "flare-xlmr", "base"), "--task-run", Repository.Data("models", "flare-xlmr", "task")];
        var run = Repository.Data("models", "flare-xlmr", "matmul_relu");

        var beside = CommandLine.Run(folder.Path, ["export", run, .. of, "--flare-adapter", "beside", "-o", "model"]);
        var alone = CommandLine.Run(folder.Path, ["export", run, .. of, "--flare-adapter", "es"]);
        var inspected = CommandLine.Run(folder.Path, "inspect", "es");
        var again = CommandLine.Run(folder.Path, ["export", "es", .. of, "-o", "again"]);
        var added = CommandLine.Run(folder.Path, "export", "adapter", "es", "--base", "model");

        foreach (var result in new[] { beside, alone, inspected, again, added })
            Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(alone.Output, "adapter flare-matmul_relu: 6 modules");
        StringAssert.Contains(beside.Output, "to beside");
        StringAssert.Contains(inspected.Output, "matmul_relu");
        StringAssert.Contains(added.Output, "adapter es: rank 4");
        CollectionAssert.AreEqual(File.ReadAllBytes(folder.File("beside/adapter_model.safetensors")),
            File.ReadAllBytes(folder.File("es/adapter_model.safetensors")));
        CollectionAssert.AreEqual(File.ReadAllBytes(folder.File("model/adapters/flare-matmul_relu.onnx_adapter")),
            File.ReadAllBytes(folder.File("model/adapters/es.onnx_adapter")));
    }

    [TestMethod]
    [DataRow("--output", new string[0])]
    [DataRow("--task-run", new[] { "--flare-adapter", "es" })]
    [DataRow("--plan", new[] { "--flare-adapter", "es", "--plan" })]
    public void Export_RunOfFlareWithoutWhatItNeeds_SaysSoAndLeavesNothing(string said, string[] options)
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.Run(folder.Path, ["export", Repository.Data("models", "flare-xlmr", "matmul_relu"), .. options]);

        Assert.AreNotEqual(0, result.ExitCode);
        StringAssert.Contains(result.Error, said);
        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Export_MultimodalAdapter_ListsTheDroppedVisionTensors()
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.Run(folder.Path, "export", Repository.Data("models", "gemma3-multimodal"), "-o", "out",
            "--adapter", $"a={Repository.Data("models", "adapters", "gemma3-multimodal", "all-linear-with-vision")}");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Output, "dropped");
        StringAssert.Contains(result.Output, "vision");
    }

    [TestMethod]
    [DataRow("dora", "use_dora")]
    [DataRow("modules-to-save", "modules_to_save")]
    [DataRow("missing-half", "missing")]
    public void Export_AdapterThatCannotBeExportedExactly_IsRefusedAndNothingIsLeft(string adapter, string setting)
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.Run(folder.Path, "export", Repository.Data("models", "gemma3-text"), "-o", "out",
            "--adapter", $"a={Repository.Data("models", "refused", "gemma3-text", adapter)}");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, setting);
        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Export_TruncatedSafetensors_SaysHowManyBytesThereAre()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(Repository.Demo("base")))
            File.Copy(file, folder.File(Path.GetFileName(file)));
        using (var weights = File.OpenWrite(folder.File("model.safetensors")))
            weights.SetLength(1_000_000);

        var result = CommandLine.Run(folder.Path, "export", folder.Path, "-o", "out");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "model.safetensors");
        StringAssert.Contains(result.Error, "it has 1000000 bytes");
        Assert.IsFalse(Directory.Exists(folder.File("out")));
    }

    [TestMethod]
    [DataRow("missing")]
    [DataRow("empty")]
    public void Export_NoCheckpoint_SaysSo(string kind)
    {
        using var folder = new TemporaryFolder();
        if (kind == "empty")
            Directory.CreateDirectory(folder.File(kind));

        var result = CommandLine.Run(folder.Path, "export", kind, "-o", "out");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.StartsWith(result.Error, "error: ");
        StringAssert.Contains(result.Error, kind);
    }

    [TestMethod]
    public void Export_OutputThatExists_IsNotTouched()
    {
        using var folder = new TemporaryFolder();
        folder.Write("out/mine.txt", "mine");

        var result = CommandLine.Run(folder.Path, "export", Repository.Demo("base"), "-o", "out");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "out");
        Assert.AreEqual("mine", File.ReadAllText(folder.File("out/mine.txt")));
    }

    [TestMethod]
    public void Export_Plan_PrintsItAndWritesNothing()
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.Run(folder.Path, "export", Repository.Demo("base"), "-o", "out", "--plan", "--max-ram", "1GiB");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        foreach (var part in (string[])["2,896,320 parameters", "at most 1.00 GiB", "needed", "free", "about"])
            StringAssert.Contains(result.Output, part);
        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Export_SeveralProblems_AreAllShownBeforeAnythingIsWritten()
    {
        using var folder = new TemporaryFolder();
        folder.Write("out/mine.txt", "mine");

        var result = CommandLine.Run(folder.Path, "export", Repository.Demo("base"), "-o", "out", "--max-ram", "20MiB");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "2 reasons");
        StringAssert.Contains(result.Error, "not empty");
        StringAssert.Contains(result.Error, "20 MiB is too small");
    }

    [TestMethod]
    public void Export_Encoder_SaysHowItPoolsAndVerifiesAgainstItsReference()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "bert");

        var exported = CommandLine.Run(folder.Path, "export", checkpoint, "-o", "out", "--pooling", "avg", "--normalize");
        var verified = CommandLine.Run(folder.Path, "verify", "out", "--reference", Path.Combine(checkpoint, "expected.safetensors"));
        var inspected = CommandLine.Run(folder.Path, "inspect", "out");
        var synthesized = CommandLine.Run(folder.Path, "synthesize", "-m", "out", "-i", Path.Combine(checkpoint, "config.json"));

        Assert.AreEqual(0, exported.ExitCode, exported.Error);
        StringAssert.Contains(exported.Output, "pooling mean (as asked), normalised, texts of up to 128 tokens");
        StringAssert.Contains(exported.Output, "pooler of the pre-training head");
        Assert.AreEqual(0, verified.ExitCode, verified.Output + verified.Error);
        StringAssert.Contains(verified.Output, "hidden_states.3 ");
        StringAssert.Contains(verified.Output, "pool.avg_first_last ");
        StringAssert.Contains(verified.Output, "least cosine 1.000000");
        StringAssert.Contains(inspected.Output, "64 numbers, mean (option), normalised");
        Assert.AreEqual(1, synthesized.ExitCode);
        StringAssert.Contains(synthesized.Error, "is an encoder");
    }

    [TestMethod]
    [DataRow("--pooling", "median", "median")]
    [DataRow("--normalize", "--no-normalize", "exclude each other")]
    public void Export_PoolingThatMeansNothing_IsRefused(string first, string second, string named)
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.Run(folder.Path, "export", Repository.Data("models", "bert"), "-o", "out", first, second);

        Assert.AreNotEqual(0, result.ExitCode);
        StringAssert.Contains(result.Error, named);
        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(folder.Path));
    }
}
