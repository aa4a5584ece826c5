namespace XlLoraOnnx.Parity.Tests;

/// <summary>Several adapters of FLARE over one model.</summary>
[TestClass]
public sealed class FlareAdditionTests
{
    [TestMethod]
    public async Task Export_AdapterOfAnotherLanguage_IsServedBesideTheFirst()
    {
        using var folder = new TemporaryFolder();
        var model = FlareExports.Export("add_relu", folder);
        var other = Alone("add_relu", folder, "es-half");
        Halve(Path.Combine(other, "adapter_model.safetensors"));
        FlareFolderRoundTripTests.Edit(Path.Combine(other, "flare_config.json"), config =>
            (config["target_lang"], config["max_length"]) = ("sw", 99));

        var entry = AdapterExporter.Export(other, model, "sw");

        var manifest = ModelManifest.Read(model);
        CollectionAssert.AreEqual(new[] { "flare-add_relu", "sw" }, manifest.Adapters.Keys.ToArray());
        Assert.AreEqual(("FLARE", "sw", 99), (entry.PeftType, entry.Flare!.TargetLanguage, entry.Flare.MaxLength));
        Assert.AreEqual(("sw", "es"), (manifest.FlareOf("sw")!.TargetLanguage, manifest.FlareOf("flare-add_relu")!.TargetLanguage));
        Assert.AreEqual(manifest.Flare, manifest.FlareOf("flare-add_relu"));
        Assert.AreEqual(entry.Coverage.Count, manifest.Adapters["flare-add_relu"].Coverage.Count);
        foreach (var check in FolderVerifier.Verify(model))
            Assert.AreEqual(FolderCheckOutcome.Passed, check.Outcome, $"{check.Name}: {check.Detail}");
        var (first, second) = (Logits(model, "flare-add_relu"), Logits(model, "sw"));
        Assert.IsGreaterThan(1e-2, first.Zip(second, (a, b) => Math.Abs(a - b)).Max());
        await AssertRowsOfBothAsync(model);
        // the same adapter under another name is the same
        AdapterExporter.Export(Alone("add_relu", folder, "same"), model, "es");
        CollectionAssert.AreEqual(first, Logits(model, "es"));
    }

    private static async Task AssertRowsOfBothAsync(string model)
    {
        using var classifier = TextClassifier.Load(model);
        ClassificationRequest first = new()
        {
            Text = new TaskText("Él vende pan.", "Vende pan."),
            Source = new TaskText("He sells bread.", "He sells bread."),
        };
        var second = first with { Adapter = "sw" };
        var mixed = await classifier.ClassifyAsync([second, first, second]);
        var (alone, other) = ((await classifier.ClassifyAsync([first]))[0], (await classifier.ClassifyAsync([second]))[0]);
        CollectionAssert.AreEqual(alone.Probabilities.ToArray(), mixed[1].Probabilities.ToArray());
        Assert.AreEqual(other.Probabilities[0], mixed[0].Probabilities[0], 1e-5f);
        CollectionAssert.AreEqual(mixed[0].Probabilities.ToArray(), mixed[2].Probabilities.ToArray());
        Assert.AreNotEqual(alone.Probabilities[0], other.Probabilities[0], 1e-4f);
    }

    [TestMethod]
    public void Export_OtherRanks_FitTheGraph()
    {
        using var folder = new TemporaryFolder();
        var model = FlareExports.Export("matmul_relu", folder);
        var other = Alone("matmul_relu", folder, "ranks");
        var weights = Path.Combine(other, "adapter_model.safetensors");
        Rewrite(weights, (tensor, values) => tensor.Name.Contains(".lora_A.", StringComparison.Ordinal)
            ? ([2, tensor.Shape[1]], values[..(int)(2 * tensor.Shape[1])])
            : tensor.Name.Contains(".lora_B.", StringComparison.Ordinal)
                ? ([tensor.Shape[0], 2], [.. values.Chunk((int)tensor.Shape[1]).SelectMany(row => row.Take(2))])
                : ([.. tensor.Shape], values));
        FlareFolderRoundTripTests.Edit(Path.Combine(other, "adapter_config.json"), config => config["r"] = 2);

        var entry = AdapterExporter.Export(other, model, "small");

        Assert.AreEqual((2, 2), (entry.MinRank, entry.MaxRank));
        Assert.IsTrue(Logits(model, "small").All(float.IsFinite));
    }

    [TestMethod]
    public void Export_CompleteRun_IsTakenOverItsOwnModelAlone()
    {
        using var folder = new TemporaryFolder();
        var run = FlareExports.Complete("add_relu", folder);
        var model = folder.File("model");
        ModelExporter.Export(run, model, new ExportOptions { Flare = new FlareOptions { BaseFolder = FlareExports.Base } });
        var merged = FlareExports.Export("add_relu", folder);

        var entry = AdapterExporter.Export(run, model, "again");

        CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(model, "adapters", "flare-add_relu.onnx_adapter")),
            File.ReadAllBytes(Path.Combine(model, entry.File)));
        var error = Refusal<NotSupportedException>(() => AdapterExporter.Export(run, merged, "again"));
        StringAssert.Contains(error, ModelManifest.Read(model).BaseFingerprint);
        StringAssert.Contains(error, ModelManifest.Read(merged).BaseFingerprint);
    }

    [TestMethod]
    [DataRow("matmul_relu", "its fusion function is matmul_relu, that of the folder add_relu")]
    [DataRow("qa", "its head is question_answering, that of the folder classification")]
    [DataRow("task", "its source is none, that of the folder model")]
    public void Export_AnotherGraph_IsRefusedWithBoth(string run, string said)
    {
        using var folder = new TemporaryFolder();
        var model = FlareExports.Export("add_relu", folder);
        var before = File.ReadAllBytes(Path.Combine(model, "xllora.json"));

        StringAssert.Contains(
            Refusal<NotSupportedException>(() => AdapterExporter.Export(Alone(run, folder, "other"), model, "other")), said);

        CollectionAssert.AreEqual(before, File.ReadAllBytes(Path.Combine(model, "xllora.json")));
        Assert.HasCount(1, Directory.EnumerateFiles(Path.Combine(model, "adapters")));
    }

    [TestMethod]
    public void Export_WhatDoesNotBelongThere_IsOneMessage()
    {
        using var folder = new TemporaryFolder();
        var model = FlareExports.Export("add_relu", folder);
        var alone = Alone("add_relu", folder, "alone");
        var config = Path.Combine(alone, "flare_config.json");

        StringAssert.Contains(Refusal<ArgumentException>(
            () => AdapterExporter.Export(FlareExports.Run("add_relu", folder), model, "es")), "--flare-adapter");
        StringAssert.Contains(Refusal<ArgumentException>(() => AdapterExporter.Export(
            new Dictionary<string, string> { ["es"] = alone, ["ES"] = alone }, model)), "Two adapters are named");
        StringAssert.Contains(Refusal<NotSupportedException>(() => AdapterExporter.Export(
            alone, ModelExporter.Export(Repository.Data("models", "gemma2"), folder.File("plain")).Folder, "es")), "reads two texts");
        FlareFolderRoundTripTests.Edit(config, json => json["base_fingerprint"] = "sha256:" + new string('1', 64));
        StringAssert.Contains(Refusal<NotSupportedException>(() => AdapterExporter.Export(alone, model, "es")), "sha256:111");
        FlareFolderRoundTripTests.Edit(config, json => json.Remove("base_fingerprint"));
        StringAssert.Contains(AdapterExporter.Export(alone, model, "es").Notices.Single(), "base_fingerprint");
    }

    [TestMethod]
    public void Export_ModulesThatTheGraphGivesNone_AreNamed()
    {
        using var folder = new TemporaryFolder();
        var model = FlareExports.Export("add_relu", folder);
        var other = Alone("add_relu", folder, "query");
        Rewrite(Path.Combine(other, "adapter_model.safetensors"),
            (tensor, values) => tensor.Name.Contains(".value.lora", StringComparison.Ordinal) ? null : ([.. tensor.Shape], values));
        FlareFolderRoundTripTests.Edit(Path.Combine(other, "adapter_config.json"), config => config["target_modules"] = "all-linear");

        StringAssert.Contains(Refusal<NotSupportedException>(() => AdapterExporter.Export(other, model, "query")),
            "it lacks model.encoder.layer.0.attention.self.value.lora_A.weight");
    }

    private static string Alone(string run, TemporaryFolder folder, string name)
    {
        var path = folder.File(name);
        var task = run switch { "qa" => "qa-task", "task" => null, _ => "task" };
        FlareExporter.ExportAdapter(FlareExports.Run(run, folder), FlareFolderRoundTripTests.Options(task) with { AdapterFolder = path });
        return path;
    }

    private static void Halve(string weights) => Rewrite(weights, (tensor, values) => (
        [.. tensor.Shape], [.. values.Select(v => tensor.Name.Contains(".lora_B.", StringComparison.Ordinal) ? v / 2 : v)]));

    private static void Rewrite(string weights, Func<SafetensorsTensor, float[], (long[] Shape, float[] Values)?> change)
    {
        var builder = new SafetensorsBuilder();
        using (var file = SafetensorsFile.Open(weights))
        {
            foreach (var tensor in file.Tensors.Values)
            {
                if (change(tensor, file.ReadFloat32(tensor.Name)) is { } changed)
                    builder.Add(tensor.Name, "F32", changed.Shape, [.. changed.Values.SelectMany(BitConverter.GetBytes)]);
            }
        }
        builder.Save(weights);
    }

    private static float[] Logits(string model, string adapter)
    {
        var manifest = ModelManifest.Read(model);
        using var run = new FusionRun(model, manifest, adapter);
        long[] target = [0, 12, 40, 33, 2], source = [0, 9, 51, 7, 2];
        var (of, to) = (Rows(source), Rows(target));
        return run.Run(FusionRows.Masked(to, of, run.SourceStates(of)), ["logits"])[0];

        static EncoderRows Rows(long[] ids) => new(1, ids.Length, ids, [.. ids.Select(_ => 1L)], null);
    }

    private static string Refusal<T>(Action export)
        where T : Exception => FlareFolderRoundTripTests.Refusal<T>(export);
}
