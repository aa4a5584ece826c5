using System.Security.Cryptography;

namespace XlLoraOnnx.Runtime.Tests;

/// <summary>On a recorded adapter file, whose model_version is 17, and a base whose fingerprint says the same.</summary>
[TestClass]
public sealed class AdapterCatalogTests
{
    private static readonly string Recorded = Repository.Data("official", "adapter3.onnx_adapter");
    private static readonly string Base = "sha256:00000011" + new string('0', 56);
    private static readonly string OtherBase = "sha256:00000012" + new string('0', 56);

    [TestMethod]
    public void Verify_FileOfTheManifest_GivesItsFullPathAgainAndAgain()
    {
        using var folder = new TemporaryFolder();
        var catalog = Catalog(folder);

        Assert.AreEqual(folder.File("adapters/pos.onnx_adapter"), catalog.Verify("pos"));
        Assert.AreEqual(folder.File("adapters/pos.onnx_adapter"), catalog.Verify("pos"));
        CollectionAssert.AreEqual(new[] { "pos" }, catalog.Names.ToArray());
    }

    [TestMethod]
    [DataRow("../pos.onnx_adapter", "outside the model folder")]
    [DataRow("adapters/../../pos.onnx_adapter", "outside the model folder")]
    [DataRow("/etc/passwd", "outside the model folder")]
    [DataRow("", "outside the model folder")]
    [DataRow("adapters/a\0b", "outside the model folder")]
    [DataRow("adapters", "does not exist")]
    [DataRow("adapters/neg.onnx_adapter", "does not exist")]
    public void Verify_PathOfAHostileManifest_IsRefused(string file, string message)
    {
        using var folder = new TemporaryFolder();
        var catalog = Catalog(folder, entry => entry with { File = file });

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => catalog.Verify("pos")).Message, message);
    }

    [TestMethod]
    public void Verify_FolderWhoseNameBeginsAlike_IsOutside()
    {
        using var folder = new TemporaryFolder();
        var model = folder.File("model");
        Directory.CreateDirectory(model);
        Directory.CreateDirectory(model + "-2");
        File.Copy(Recorded, Path.Combine(model + "-2", "pos.onnx_adapter"));
        var catalog = new AdapterCatalog(model, Manifest(Entry() with { File = "../model-2/pos.onnx_adapter" }));

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => catalog.Verify("pos")).Message, "outside");
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows, IgnoreMessage = "Links need a privilege on Windows.")]
    public void Verify_LinkOutOfTheFolder_IsRefusedAlsoAfterASoundFile()
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        var catalog = Catalog(folder);
        var path = catalog.Verify("pos");
        File.Move(path, elsewhere.File("pos.onnx_adapter"));
        File.CreateSymbolicLink(path, elsewhere.File("pos.onnx_adapter"));

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => catalog.Verify("pos")).Message, "symbolic link");
    }

    [TestMethod]
    public void Verify_FileChangedAfterItsExport_IsRefusedAlsoAfterASoundOne()
    {
        using var folder = new TemporaryFolder();
        var catalog = Catalog(folder);
        var path = catalog.Verify("pos");
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(1));

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => catalog.Verify("pos")).Message, "changed after its export");
    }

    [TestMethod]
    public void Verify_EntryOfAnotherBase_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var catalog = Catalog(folder, entry => entry with { BaseFingerprint = OtherBase });

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => catalog.Verify("pos")).Message, "another base");
    }

    [TestMethod]
    public void Verify_FileOfAnotherBase_IsRefusedWhateverTheManifestSays()
    {
        using var folder = new TemporaryFolder();
        Place(folder);
        var manifest = Manifest(Entry() with { BaseFingerprint = OtherBase }) with { BaseFingerprint = OtherBase };

        var e = Assert.ThrowsExactly<InvalidDataException>(() => new AdapterCatalog(folder.Path, manifest).Verify("pos"));

        StringAssert.Contains(e.Message, "model_version 17");
    }

    [TestMethod]
    public void Verify_UnknownName_SaysWhichThereAre()
    {
        using var folder = new TemporaryFolder();
        var catalog = Catalog(folder);

        var e = Assert.ThrowsExactly<ArgumentException>(() => catalog.Verify("positive"));

        StringAssert.Contains(e.Message, "'positive'; it has: pos.");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => catalog.Remove("POS")).Message, "'POS'");
    }

    [TestMethod]
    public void Add_FileFromElsewhere_IsUsedUntilItIsRemoved()
    {
        using var folder = new TemporaryFolder();
        var catalog = Catalog(folder);

        catalog.Add("neg", Recorded);

        Assert.AreEqual(Recorded, catalog.Verify("neg"));
        CollectionAssert.AreEqual(new[] { "pos", "neg" }, catalog.Names.ToArray());
        var first = catalog.Edition("neg");
        catalog.Remove("neg");
        Assert.IsNull(catalog.Edition("neg"));
        Assert.ThrowsExactly<ArgumentException>(() => catalog.Verify("neg"));
        catalog.Add("neg", Recorded);
        Assert.AreNotEqual(first, catalog.Edition("neg"));
        Assert.IsTrue(File.Exists(Recorded), "only the name was removed");
    }

    [TestMethod]
    [DataRow("pos", "is taken")]
    [DataRow("none", "base model")]
    [DataRow(" ", "white")]
    public void Add_NameThatCannotBe_IsRefused(string name, string message)
    {
        using var folder = new TemporaryFolder();
        var catalog = Catalog(folder);

        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => catalog.Add(name, Recorded)).Message, message);
    }

    [TestMethod]
    public void Add_WhatIsNoAdapterOfThisBase_IsRefusedAndTheNameStaysFree()
    {
        using var folder = new TemporaryFolder();
        var catalog = Catalog(folder);
        var official = Repository.Data("official", "gemma3-micro", "adapter.builder-names.onnx_adapter");

        Assert.ThrowsExactly<FileNotFoundException>(() => catalog.Add("x", folder.File("no-such-file")));
        Assert.ThrowsExactly<InvalidDataException>(() => catalog.Add("x", folder.Write("text", "not an adapter")));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => catalog.Add("x", official)).Message, "model_version 0");
        catalog.Add("x", Recorded);
    }

    [TestMethod]
    public void Verify_AddedFileThatWasChanged_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var catalog = Catalog(folder);
        var path = folder.File("added.onnx_adapter");
        File.Copy(Recorded, path);
        catalog.Add("added", path);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => catalog.Verify("added")).Message, "after it was added");
    }

    [TestMethod]
    public void AddVerifyRemove_FromManyThreads_LosesNothing()
    {
        using var folder = new TemporaryFolder();
        var catalog = Catalog(folder);

        Parallel.For(0, 200, i =>
        {
            catalog.Add($"a{i}", Recorded);
            Assert.AreEqual(Recorded, catalog.Verify($"a{i}"));
            Assert.IsNotNull(catalog.Verify("pos"));
            if (i % 2 == 0)
                catalog.Remove($"a{i}");
        });

        Assert.HasCount(101, catalog.Names);
    }

    private static AdapterCatalog Catalog(TemporaryFolder folder, Func<AdapterEntry, AdapterEntry>? change = null)
    {
        Place(folder);
        return new AdapterCatalog(folder.Path, Manifest(change is null ? Entry() : change(Entry())));
    }

    private static void Place(TemporaryFolder folder)
    {
        Directory.CreateDirectory(folder.File("adapters"));
        File.Copy(Recorded, folder.File("adapters/pos.onnx_adapter"));
    }

    private static AdapterEntry Entry() => new()
    {
        File = "adapters/pos.onnx_adapter",
        Bytes = new FileInfo(Recorded).Length,
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Recorded))),
        BaseFingerprint = Base,
        PeftType = "LORA",
        MaxRank = 1,
        MinRank = 1,
        LoraAlpha = 1,
        UseRslora = false,
        Modules = 1,
        Parameters = 1,
        Coverage = [],
    };

    private static ModelManifest Manifest(AdapterEntry entry) => new()
    {
        SchemaVersion = ModelManifest.CurrentSchemaVersion,
        ToolVersion = "test",
        Family = "test",
        Architecture = "test",
        ModelType = "test",
        Precision = "fp32",
        LoraDtype = "fp32",
        Graphs = new Dictionary<string, string>(),
        BaseFingerprint = Base,
        Dimensions = new ModelDimensions
        {
            VocabSize = 1,
            HiddenSize = 1,
            IntermediateSize = 1,
            NumHiddenLayers = 1,
            NumAttentionHeads = 1,
            NumKeyValueHeads = 1,
            HeadDim = 1,
            ContextLength = 1,
            Parameters = 1,
        },
        Files = [],
        LoraSlots = [],
        Coverage = [],
        Adapters = new Dictionary<string, AdapterEntry> { ["pos"] = entry },
    };
}
