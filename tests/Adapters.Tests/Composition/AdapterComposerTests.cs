using System.Text.Json.Nodes;

namespace XlLoraOnnx.Adapters.Tests;

[TestClass]
public sealed class AdapterComposerTests
{
    private const string Module = PartFolder.Module;
    private static readonly AdapterRecipe AdaMergeX = AdapterRecipe.Parse("task + lambda * (hausa - english)");

    // recorded with torch from whole adapters (tests/Data/refs/compose): one module of each is here
    [TestMethod]
    [DataRow("gemma3-text", "model.layers.0.self_attn.k_proj", "0.5")]
    [DataRow("gemma3-text", "model.layers.0.self_attn.k_proj", "1.0")]
    [DataRow("llama31", "model.layers.1.self_attn.v_proj", "0.5")]
    [DataRow("llama31", "model.layers.1.self_attn.v_proj", "1.0")]
    public void Compose_ReferenceAdapters_GivesTheRecordedNumbers(string model, string module, string lambda)
    {
        using var folder = new TemporaryFolder();
        using var recorded = SafetensorsFile.Open(Repository.Data("refs", "compose", $"{model}.safetensors"));
        var parts = Recorded(folder, recorded, module);
        var number = double.Parse(lambda, System.Globalization.CultureInfo.InvariantCulture);

        AdapterComposer.Compose(AdaMergeX, parts, folder.File("factor"), null, number);
        AdapterComposer.Compose(AdaMergeX, parts, folder.File("exact"), new() { Mode = CompositionMode.Exact }, number);
        AdapterComposer.Compose(AdaMergeX, parts, folder.File("svd"), new() { Mode = CompositionMode.Svd, Rank = 24 }, number);

        foreach (var factor in (string[])["A", "B"])
        {
            var name = $"base_model.model.{module}.lora_{factor}.weight";
            AssertClose(recorded.ReadFloat32($"factor-{lambda}/{name}"), PartFolder.Tensor(folder.File("factor"), name), 1e-6);
        }
        var delta = recorded.ReadFloat32($"exact-delta-{lambda}/base_model.model.{module}.delta");
        AssertClose(delta, [.. PartFolder.Delta(folder.File("exact"), module).Cast<double>().Select(v => (float)v)], 1e-6);
        AssertClose(delta, [.. PartFolder.Delta(folder.File("svd"), module).Cast<double>().Select(v => (float)v)], 1e-5);
    }

    [TestMethod]
    public void Compose_AnyMode_IsAFolderThatItsBaseTakesWithARecordOfItsParts()
    {
        using var folder = new TemporaryFolder();
        var parts = Parts(folder);
        LoraSlot[] slots = [new(Module, 3, 2)];

        foreach (var mode in Enum.GetValues<CompositionMode>())
        {
            var options = new CompositionOptions
            {
                Mode = mode,
                Rank = mode == CompositionMode.Svd ? 1 : null,
                Density = mode is CompositionMode.Ties or CompositionMode.DareLinear or CompositionMode.DareTies ? 0.7 : null,
            };

            var report = AdapterComposer.Compose(AdaMergeX, parts, folder.File($"{mode}"), options, 0.5);

            using var adapter = PeftAdapter.Open(report.Folder, slots);
            Assert.AreEqual(report.Modules[0].Rank, adapter.Modules.Single().Rank);
            var record = JsonNode.Parse(File.ReadAllText(Path.Combine(report.Folder, "composition.json")))!;
            Assert.AreEqual(AdaMergeX.Text, (string?)record["recipe"]);
            Assert.AreEqual(0.5, (double?)record["lambda"]);
            Assert.AreEqual(report.Sha256, (string?)record["sha256"]);
            Assert.HasCount(3, record["parts"]!.AsArray());
            Assert.AreEqual(-0.5, (double?)record["parts"]![2]!["factor"]);
            Assert.AreEqual(
                Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(
                    File.ReadAllBytes(Path.Combine(parts["english"], PeftAdapter.WeightsFile)))),
                (string?)record["parts"]![2]!["sha256"]);
            Assert.AreEqual("pt", ((SafetensorsFile)adapter.Modules[0].A.File).Metadata["format"], "PEFT asks for it");
        }
    }

    [TestMethod]
    public void Compose_Twice_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var parts = Parts(folder);
        var options = new CompositionOptions { Mode = CompositionMode.DareTies, Density = 0.5 };

        var first = AdapterComposer.Compose(AdaMergeX, parts, folder.File("1"), options, 1);
        var second = AdapterComposer.Compose(AdaMergeX, parts, folder.File("2"), options, 1);
        var other = AdapterComposer.Compose(AdaMergeX, parts, folder.File("3"), options with { Seed = 1 }, 1);

        Assert.AreEqual(first.Sha256, second.Sha256);
        Assert.AreNotEqual(first.Sha256, other.Sha256);
    }

    [TestMethod]
    public void Compose_RankAndAlphaPatterns_AreFoldedExactly()
    {
        using var folder = new TemporaryFolder();
        const string Other = "model.layers.10.self_attn.q_proj";
        var names = new[] { "p", "q" };
        var parts = names.ToDictionary(n => n, n =>
        {
            var tensors = new SafetensorsBuilder();
            foreach (var (module, rank) in new[] { (Module, 2), (Other, 3), ("model.layers.1.self_attn.q_proj", 2) })
            {
                tensors.AddFloats($"base_model.model.{module}.lora_A.weight", rank, 5);
                tensors.AddFloats($"base_model.model.{module}.lora_B.weight", 4, rank);
            }
            return PartFolder.Write(folder.File(n), tensors, new JsonObject
            {
                ["peft_type"] = "LORA",
                ["base_model_name_or_path"] = "b",
                ["r"] = 2,
                ["lora_alpha"] = n == "p" ? 4 : 5,
                ["use_rslora"] = n == "q",
                ["target_modules"] = new JsonArray("q_proj"),
                ["rank_pattern"] = new JsonObject { [".*10.*q_proj"] = 3 },
                ["alpha_pattern"] = new JsonObject { ["layers.10.self_attn.q_proj"] = 7 },
            });
        });

        var report = AdapterComposer.Compose(
            AdapterRecipe.Parse("p - 2 * q"), parts, folder.File("out"), new() { Mode = CompositionMode.Exact });

        CollectionAssert.AreEqual(new[] { 4, 6, 4 }, report.Modules.Select(m => m.Rank).ToArray());
        foreach (var module in report.Modules.Select(m => m.Name))
            Assert.IsLessThanOrEqualTo(1e-5, PartFolder.Norm((1, PartFolder.Delta(report.Folder, module)),
                (-1, PartFolder.Delta(parts["p"], module)), (2, PartFolder.Delta(parts["q"], module))));
    }

    [TestMethod]
    public void Sweep_SeveralNumbers_AreFoldersOfTheirOwn()
    {
        using var folder = new TemporaryFolder();

        var reports = AdapterComposer.Sweep(AdaMergeX, Parts(folder), folder.File("sweep"), [0, 0.25, 1], new() { Mode = CompositionMode.Exact });

        CollectionAssert.AreEqual(new[] { "lambda-0", "lambda-0.25", "lambda-1" }, reports.Select(r => Path.GetFileName(r.Folder)).ToArray());
        Assert.AreEqual(2, reports[0].Modules[0].Rank, "parts that are taken 0 times take no rank");
        Assert.AreEqual(0, reports[0].Modules[0].DirectionNorm);
        Assert.IsNull(reports[0].Modules[0].Angle);
        Assert.AreEqual(6, reports[1].Modules[0].Rank);
        Assert.ThrowsExactly<ArgumentException>(() => AdapterComposer.Sweep(AdaMergeX, Parts(folder, "b"), folder.File("x"), [1, 1]));
    }

    [TestMethod]
    public void Compose_TheReportOfNormsAndAngles_IsThatOfTheChanges()
    {
        using var folder = new TemporaryFolder();
        var parts = Parts(folder);

        var module = AdapterComposer.Compose(AdaMergeX, parts, folder.File("out"), null, 0.5).Modules.Single();

        var (task, hausa, english) =
            (PartFolder.Delta(parts["task"]), PartFolder.Delta(parts["hausa"]), PartFolder.Delta(parts["english"]));
        Assert.AreEqual(PartFolder.Norm((1, task)), module.FirstNorm, 1e-6);
        Assert.AreEqual(PartFolder.Norm((0.5, hausa), (-0.5, english)), module.DirectionNorm, 1e-6);
        var (plus, minus) = (PartFolder.Norm((1, task), (0.5, hausa), (-0.5, english)), PartFolder.Norm((1, task), (-0.5, hausa), (0.5, english)));
        var cosine = (plus * plus - minus * minus) / (4 * module.FirstNorm * module.DirectionNorm);
        Assert.AreEqual(Math.Acos(cosine) * 180 / Math.PI, module.Angle!.Value, 1e-4);
    }

    [TestMethod]
    public void Compose_Ia3_FollowsTheElementwiseRule()
    {
        using var folder = new TemporaryFolder();
        var vectors = new Dictionary<string, float[]> { ["task"] = [1, 2, 4], ["hausa"] = [3, 1, 2], ["english"] = [2, 1, 4] };
        var parts = vectors.ToDictionary(v => v.Key, v => Ia3(folder, v.Key, v.Value));

        var report = AdapterComposer.Compose(AdaMergeX, parts, folder.File("out"), null, 0.5);

        // v_task ⊙ (λ (v_hausa ⊘ v_english − 1) + 1)
        CollectionAssert.AreEqual(new float[] { 1.25f, 2, 3 }, PartFolder.Tensor(report.Folder, $"base_model.model.{Module}.ia3_l"));
        Assert.AreEqual("IA3", report.PeftType);
        var mode = new CompositionOptions { Mode = CompositionMode.Exact };
        StringAssert.Contains(Assert.ThrowsExactly<CompositionRefusedException>(
            () => AdapterComposer.Compose(AdaMergeX, parts, folder.File("no"), mode, 1)).Message, "mode factor alone");
        parts["english"] = Ia3(folder, "zero", [2, 0, 4]);
        StringAssert.Contains(Assert.ThrowsExactly<CompositionRefusedException>(
            () => AdapterComposer.Compose(AdaMergeX, parts, folder.File("no"), null, 1)).Message, "element 1 would not be finite");
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path, "no*"), "nothing is left of a refused composition");
    }

    private static string Ia3(TemporaryFolder folder, string name, float[] vector)
    {
        var tensors = new SafetensorsBuilder();
        PartFolder.Add(tensors, $"base_model.model.{Module}.ia3_l", [vector.Length, 1], vector);
        return PartFolder.Write(folder.File(name), tensors, new JsonObject { ["peft_type"] = "IA3", ["base_model_name_or_path"] = "b" });
    }

    /// <summary>Three adapters of one module of 3 inputs and 2 outputs.</summary>
    internal static Dictionary<string, string> Parts(TemporaryFolder folder, string prefix = "") =>
        new[] { "task", "hausa", "english" }.Select((name, i) => (name, PartFolder.Write(folder.File(prefix + name), 2,
            new Dictionary<string, (float[], float[])>
            {
                [Module] = ([.. Enumerable.Range(0, 6).Select(k => MathF.Sin(7 * i + k))], [.. Enumerable.Range(0, 4).Select(k => MathF.Cos(5 * i + k))]),
            }))).ToDictionary(p => p.name, p => p.Item2);

    private static Dictionary<string, string> Recorded(TemporaryFolder folder, SafetensorsFile recorded, string module) =>
        new Dictionary<string, string> { ["task"] = "task-english", ["hausa"] = "lang-hausa", ["english"] = "lang-english" }
            .ToDictionary(n => n.Key, n => PartFolder.Write(folder.File(n.Key), 8, new Dictionary<string, (float[], float[])>
            {
                [module] = (recorded.ReadFloat32($"{n.Value}/base_model.model.{module}.lora_A.weight"),
                    recorded.ReadFloat32($"{n.Value}/base_model.model.{module}.lora_B.weight")),
            }));

    private static void AssertClose(float[] expected, float[] actual, double relative)
    {
        Assert.HasCount(expected.Length, actual);
        var norm = Math.Sqrt(expected.Sum(v => (double)v * v));
        var difference = Math.Sqrt(expected.Zip(actual, (e, a) => ((double)e - a) * (e - a)).Sum());
        Assert.IsLessThanOrEqualTo(relative, difference / norm);
    }
}
