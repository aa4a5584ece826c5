namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class AdapterCacheTests
{
    private static readonly string Part = Repository.Data("models", "adapters", "gemma3-text", "patterns");

    [TestMethod]
    public void Get_Twice_ComposesOnceWhatAnExportOfTheCompositionGives()
    {
        using var folder = new TemporaryFolder();
        var model = folder.Export("gemma3-text");
        var cache = new AdapterCache(folder.File("cache"), model);

        var first = cache.Get(Recipe("0.5 * a"), Exact);
        var again = new AdapterCache(folder.File("cache"), model).Get(Recipe("0.25 * a + 0.25 * a"), Exact);

        Assert.AreEqual((true, false), (first.IsNew, again.IsNew));
        Assert.AreEqual(first.File, again.File, "what is added is the same");
        AdapterComposer.Compose(Recipe("0.5 * a").Recipe, Recipe("0.5 * a").Parts, folder.File("composed"), Exact);
        var exported = AdapterExporter.Export(folder.File("composed"), model, "composed");
        CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(model, exported.File)), File.ReadAllBytes(first.File));
        Assert.IsEmpty(Directory.GetDirectories(folder.File("cache")));
    }

    [TestMethod]
    public void Export_Twice_WritesOnceWhatTheExporterWrites()
    {
        using var folder = new TemporaryFolder();
        var model = folder.Export("gemma3-text");

        var first = new AdapterCache(folder.File("cache"), model).Export(Part);
        var again = new AdapterCache(folder.File("cache"), model).Export(Part);

        Assert.AreEqual((true, false), (first.IsNew, again.IsNew));
        Assert.AreEqual(first.File, again.File);
        var exported = AdapterExporter.Export(Part, model, "patterns");
        CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(model, exported.File)), File.ReadAllBytes(first.File));
        Assert.IsTrue(AdapterCache.IsWhole(folder.File("cache"), first.File));
    }

    [TestMethod]
    public void Export_AdapterOfAnotherBase_IsRefusedAsTheExporterRefusesIt()
    {
        using var folder = new TemporaryFolder();
        var model = folder.Export("gemma3-text");
        var other = Repository.Demo("pos");

        var expected = Assert.ThrowsExactly<AdapterRefusedException>(() => AdapterExporter.Export(other, model, "other"));
        var found = Assert.ThrowsExactly<AdapterRefusedException>(() => new AdapterCache(folder.File("cache"), model).Export(other));

        Assert.AreEqual(expected.Message, found.Message);
        Assert.IsEmpty(Directory.GetFiles(folder.File("cache"), "*.onnx_adapter*"));
    }

    [TestMethod]
    public void Get_AnythingElseThatItDependsOn_IsAnotherFile()
    {
        using var folder = new TemporaryFolder();
        var model = folder.Export("gemma3-text");
        var other = Directory.CreateDirectory(folder.File("other")).FullName;
        foreach (var file in Directory.GetFiles(Part))
            File.Copy(file, Path.Combine(other, Path.GetFileName(file)));
        File.AppendAllText(Path.Combine(other, "adapter_config.json"), "\n");
        var cache = new AdapterCache(folder.File("cache"), model);

        string[] files =
        [
            cache.Get(Recipe("a"), Exact).File, cache.Get(Recipe("2 * a"), Exact).File, cache.Get(Recipe("a"), new()).File,
            cache.Get(Recipe("a"), new() { Mode = CompositionMode.Svd, Rank = 2 }).File,
            cache.Get(Recipe("a"), new() { Mode = CompositionMode.Svd, Rank = 1 }).File, cache.Get(Recipe("a", other), Exact).File,
            cache.Get(new SideRecipe(AdapterRecipe.Parse("lambda * a"), 3, Recipe("a").Parts), Exact).File,
        ];

        Assert.HasCount(files.Length, files.Distinct().ToArray());
    }

    [TestMethod]
    public void Get_PartWhoseWeightsAreAPickle_HasTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var cache = new AdapterCache(folder.File("cache"), folder.Export("gemma3-text"));
        var pickled = Part.CopyTo(folder, "pickled");
        TorchCheckpoint.Replace(Path.Combine(pickled, PeftAdapter.WeightsFile), Path.Combine(pickled, PeftAdapter.PickleFile));

        var expected = cache.Get(Recipe("0.5 * a"), Exact);
        var found = cache.Get(Recipe("0.5 * a", pickled), Exact);

        Assert.AreNotEqual(expected.File, found.File, "other files, so that another one may not be taken for it");
        CollectionAssert.AreEqual(File.ReadAllBytes(expected.File), File.ReadAllBytes(found.File));
    }

    [TestMethod]
    public void Get_AfterAProcessThatWasEndedOrAFileThatWasCutOff_ComposesAnew()
    {
        using var folder = new TemporaryFolder();
        var model = folder.Export("gemma3-text");
        var cache = new AdapterCache(folder.File("cache"), model);
        var first = cache.Get(Recipe("a"), Exact);
        var bytes = File.ReadAllBytes(first.File);
        File.WriteAllBytes(first.File, bytes[..^7]);
        var name = Path.GetFileNameWithoutExtension(first.File);
        Directory.CreateDirectory(folder.File($"cache/{name}.peft-12345678"));
        File.WriteAllText(folder.File($"cache/{name}.onnx_adapter.partial-12345678"), "cut");

        Assert.IsFalse(AdapterCache.IsWhole(folder.File("cache"), first.File));
        var again = cache.Get(Recipe("a"), Exact);

        Assert.IsTrue(again.IsNew);
        CollectionAssert.AreEqual(bytes, File.ReadAllBytes(again.File));
        CollectionAssert.AreEquivalent(new[] { $"{name}.json", $"{name}.lock", $"{name}.onnx_adapter" },
            Directory.GetFileSystemEntries(folder.File("cache")).Select(Path.GetFileName).ToArray());
    }

    [TestMethod]
    public void Get_OnManyThreads_ComposesOnce()
    {
        using var folder = new TemporaryFolder();
        var model = folder.Export("gemma3-text");

        var got = Enumerable.Range(0, 6).AsParallel().WithDegreeOfParallelism(6)
            .Select(_ => new AdapterCache(folder.File("cache"), model).Get(Recipe("a"), Exact)).ToArray();

        Assert.AreEqual(1, got.Count(g => g.IsNew));
        Assert.HasCount(1, got.Select(g => g.File).Distinct().ToArray());
    }

    [TestMethod]
    public void Get_PartOfAnotherModel_IsRefusedWithItsReasons()
    {
        using var folder = new TemporaryFolder();
        var cache = new AdapterCache(folder.File("cache"), folder.Export("gemma3-text"));
        var other = Repository.Demo("pos");

        var e = Assert.ThrowsExactly<CompositionRefusedException>(() => cache.Get(Recipe("a", other), Exact));

        Assert.IsNotEmpty(e.Reasons);
        Assert.IsEmpty(Directory.GetFiles(folder.File("cache"), "*.onnx_adapter"));
        Assert.IsEmpty(Directory.GetDirectories(folder.File("cache")));
    }

    [TestMethod]
    public void HashesOf_FolderThatIsNone_SaysWhatIsMissing()
    {
        using var folder = new TemporaryFolder();
        var cache = new AdapterCache(folder.File("cache"), folder.Export("gemma3-text"));

        Assert.ThrowsExactly<DirectoryNotFoundException>(() => cache.HashesOf(folder.File("absent")));
        var e = Assert.ThrowsExactly<FileNotFoundException>(() => cache.HashesOf(folder.Path));
        StringAssert.Contains(e.Message, "adapter_model.safetensors");
    }

    private static CompositionOptions Exact { get; } = new() { Mode = CompositionMode.Exact };

    private static SideRecipe Recipe(string text, string? part = null)
    {
        var recipe = AdapterRecipe.Parse(text);
        return new SideRecipe(recipe, null, recipe.Names.ToDictionary(n => n, _ => part ?? Part));
    }
}
