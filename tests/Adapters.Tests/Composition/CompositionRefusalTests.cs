using System.Text.Json.Nodes;

namespace XlLoraOnnx.Adapters.Tests;

[TestClass]
public sealed class CompositionRefusalTests
{
    private static readonly AdapterRecipe Sum = AdapterRecipe.Parse("task + hausa - english");

    [TestMethod]
    public void Compose_PartsThatDoNotFit_SaysEveryReason()
    {
        using var folder = new TemporaryFolder();
        var parts = AdapterComposerTests.Parts(folder);
        Change(parts["hausa"], s => s["base_model_name_or_path"] = "another/base");
        Change(parts["english"], s => s["use_dora"] = true);

        var error = Assert.ThrowsExactly<CompositionRefusedException>(() => AdapterComposer.Compose(Sum, parts, folder.File("out")));

        Assert.HasCount(2, error.Reasons);
        StringAssert.Contains(error.Message, "hausa: base_model_name_or_path is \"another/base\" and that of task \"a/base\"");
        StringAssert.Contains(error.Message, "english: ");
        StringAssert.Contains(error.Message, "use_dora");
        Assert.IsFalse(Directory.Exists(folder.File("out")));
    }

    [TestMethod]
    public void Compose_OtherShapesModulesAndRanks_AreRefusedByName()
    {
        using var folder = new TemporaryFolder();
        const string Second = "model.layers.1.self_attn.q_proj";
        var parts = new Dictionary<string, string>
        {
            ["task"] = PartFolder.Write(folder.File("task"), 2, Factors((PartFolder.Module, 2, 3, 2), (Second, 2, 3, 2))),
            ["hausa"] = PartFolder.Write(folder.File("hausa"), 2, Factors((PartFolder.Module, 2, 5, 2))),
            ["english"] = PartFolder.Write(folder.File("english"), 1, Factors(
                (PartFolder.Module, 1, 3, 2), (Second, 1, 3, 2), ("model.layers.2.self_attn.q_proj", 1, 3, 2))),
        };

        var error = Assert.ThrowsExactly<CompositionRefusedException>(() => AdapterComposer.Compose(Sum, parts, folder.File("out")));

        StringAssert.Contains(error.Message, $"hausa: lacks modules of task: {Second}.");
        StringAssert.Contains(error.Message, $"hausa: '{PartFolder.Module}' is [2 out, 5 in] and [2 out, 3 in] in task.");
        StringAssert.Contains(error.Message, "english: has modules that are not in task: model.layers.2.self_attn.q_proj.");
        StringAssert.Contains(error.Message, "english: has other ranks (which only modes exact and svd can compose) than task");
    }

    [TestMethod]
    [DataRow("dora")]
    [DataRow("embedding-lora")]
    [DataRow("adalora")]
    [DataRow("modules-to-save")]
    [DataRow("nan")]
    [DataRow("no-weights")]
    [DataRow("a-without-b")]
    [DataRow("rank-differs-from-config")]
    public void Compose_PartThatNoBaseWouldTake_IsRefused(string name)
    {
        using var folder = new TemporaryFolder();
        var part = Repository.Data("models", "refused", "gemma3-text", name);

        var error = Assert.ThrowsExactly<CompositionRefusedException>(() => AdapterComposer.Compose(
            AdapterRecipe.Parse("2 * part"), new Dictionary<string, string> { ["part"] = part }, folder.File("out")));

        Assert.IsTrue(error.Reasons.All(r => r.StartsWith("part: ", StringComparison.Ordinal)), error.Message);
    }

    [TestMethod]
    public void Compose_NamesThatDoNotFitTheRecipe_AreNamed()
    {
        using var folder = new TemporaryFolder();
        var parts = AdapterComposerTests.Parts(folder);

        StringAssert.Contains(Fails("task + swahili", parts), "names swahili; given are task, hausa, english");
        StringAssert.Contains(Fails("task + hausa", parts), "english: given, and not in the recipe");
        StringAssert.Contains(Fails("task - task + 0 * hausa + 0 * english", parts), "every adapter 0 times");
        StringAssert.Contains(Fails("task + 1e308 * (10 * (hausa + english))", parts), "infinitely often");
        StringAssert.Contains(Fails("task + hausa + english", parts, new() { Mode = CompositionMode.Svd }), "--rank 8");
        StringAssert.Contains(Fails("task + hausa + english", parts, new() { Rank = 2 }), "only svd takes one");
        StringAssert.Contains(Fails("task + hausa + english", parts, new() { Mode = CompositionMode.Svd, Rank = 0 }), "at least 1");
        StringAssert.Contains(Fails("task + hausa + english", parts, new() { Mode = CompositionMode.Ties }), "--density 0.5");
        StringAssert.Contains(Fails("task + hausa + english", parts, new() { Mode = CompositionMode.DareTies, Density = 2 }), "at most 1");
        StringAssert.Contains(Fails("task + hausa + english", parts, new() { Density = 0.5 }), "only ties, dare_linear and dare_ties");

        string Fails(string recipe, Dictionary<string, string> given, CompositionOptions? options = null) => Assert
            .ThrowsExactly<ArgumentException>(
                () => AdapterComposer.Compose(AdapterRecipe.Parse(recipe), given, folder.File("out"), options)).Message;
    }

    [TestMethod]
    public void Compose_OutputThatIsThere_IsLeftAlone()
    {
        using var folder = new TemporaryFolder();
        var parts = AdapterComposerTests.Parts(folder);
        folder.Write("out/mine.txt", "mine");

        Assert.ThrowsExactly<IOException>(() => AdapterComposer.Compose(Sum, parts, folder.File("out")));
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => AdapterComposer.Compose(AdapterRecipe.Parse("task"),
            new Dictionary<string, string> { ["task"] = folder.File("absent") }, folder.File("new")));

        Assert.AreEqual("mine", File.ReadAllText(folder.File("out/mine.txt")));
    }

    private static Dictionary<string, (float[], float[])> Factors(params (string Module, int Rank, int In, int Out)[] modules) =>
        modules.ToDictionary(m => m.Module, m => (new float[m.Rank * m.In], new float[m.Out * m.Rank]));

    private static void Change(string part, Action<JsonObject> change)
    {
        var path = Path.Combine(part, PeftAdapter.ConfigFile);
        var settings = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(settings);
        File.WriteAllText(path, settings.ToJsonString());
    }
}
