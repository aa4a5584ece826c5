
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class CheckpointFilesTests
{
    [TestMethod]
    public void Open_Shards_GivesTensorsInTheOrderOfTheIndex()
    {
        using var folder = TwoShards("""{"weight_map":{"c":"2.safetensors","a":"1.safetensors","b":"1.safetensors"}}""");

        using var checkpoint = CheckpointFiles.Open(folder.Path);

        CollectionAssert.AreEqual((string[])["c", "a", "b"], checkpoint.Tensors.Select(t => t.Tensor.Name).ToArray());
    }

    [TestMethod]
    [DataRow("""{"weight_map":{"a":"1.safetensors","a":"2.safetensors"}}""", "not valid JSON", DisplayName = "tensor twice")]
    [DataRow("""{"weight_map":{"a":"1.safetensors","b":"1.safetensors","c":"2.safetensors","d":"2.safetensors"}}""",
        "places tensor 'd' in '2.safetensors', which does not hold it", DisplayName = "tensor missing from its shard")]
    [DataRow("""{"weight_map":{"a":"1.safetensors","c":"2.safetensors"}}""", "holds tensor 'b'", DisplayName = "tensor not in the index")]
    [DataRow("""{"weight_map":{"a":"../1.safetensors"}}""", "only plain file names", DisplayName = "parent folder")]
    [DataRow("""{"weight_map":{"a":"/etc/passwd"}}""", "only plain file names", DisplayName = "absolute path")]
    [DataRow("""{"weight_map":{"a":"x\\1.safetensors"}}""", "only plain file names", DisplayName = "backslash")]
    [DataRow("""{"weight_map":{"a":".."}}""", "only plain file names", DisplayName = "dots")]
    [DataRow("""{"weight_map":{"a":1}}""", "not a file name", DisplayName = "number for a shard")]
    [DataRow("""{"weight_map":[]}""", "no weight_map", DisplayName = "weight_map is a list")]
    [DataRow("""[]""", "expected an object", DisplayName = "index is a list")]
    public void Open_BadIndex_SaysWhatIsWrong(string index, string message)
    {
        using var folder = TwoShards(index);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => CheckpointFiles.Open(folder.Path));

        StringAssert.Contains(error.Message, message);
    }

    [TestMethod]
    public void Open_MissingShard_NamesIt()
    {
        using var folder = TwoShards("""{"weight_map":{"a":"1.safetensors","b":"1.safetensors","z":"3.safetensors"}}""");

        var error = Assert.ThrowsExactly<FileNotFoundException>(() => CheckpointFiles.Open(folder.Path));

        StringAssert.Contains(error.Message, "3.safetensors");
    }

    [TestMethod]
    public void Open_WeightsUnderAnotherName_SaysToConvert()
    {
        using var folder = new TemporaryFolder();
        folder.Write("flax_model.msgpack", "weights");

        var error = Assert.ThrowsExactly<NotSupportedException>(() => CheckpointFiles.Open(folder.Path));

        StringAssert.Contains(error.Message, "'flax_model.msgpack'");
        StringAssert.Contains(error.Message, "Convert it to safetensors");
    }

    [TestMethod]
    public void Open_SafetensorsAndPickle_TakesSafetensors()
    {
        using var folder = new TemporaryFolder();
        new SafetensorsBuilder().AddFloats("a", 2).Save(folder.File("model.safetensors"));
        folder.Write("pytorch_model.bin", "not read");

        using var checkpoint = CheckpointFiles.Open(folder.Path);

        Assert.IsNull(checkpoint.PickleNotice);
        CollectionAssert.AreEqual((string[])["a"], checkpoint.Tensors.Select(t => t.Tensor.Name).ToArray());
    }

    [TestMethod]
    public void Open_PickleShards_GivesTensorsInTheOrderOfTheIndex()
    {
        using var folder = PickleShards("""{"weight_map":{"c":"2.bin","a":"1.bin","b":"1.bin"}}""");

        using var checkpoint = CheckpointFiles.Open(folder.Path);

        CollectionAssert.AreEqual((string[])["c", "a", "b"], checkpoint.Tensors.Select(t => t.Tensor.Name).ToArray());
        StringAssert.Contains(checkpoint.PickleNotice, "2.bin and 1 more files");
    }

    [TestMethod]
    public void Open_PickleShardThatIsMissingCutOrHostile_NamesIt()
    {
        using var missing = PickleShards("""{"weight_map":{"a":"1.bin","b":"1.bin","z":"3.bin"}}""");
        using var cut = PickleShards("""{"weight_map":{"a":"1.bin","b":"1.bin","c":"2.bin"}}""");
        File.WriteAllBytes(cut.File("2.bin"), File.ReadAllBytes(cut.File("2.bin"))[..^30]);
        using var hostile = PickleShards("""{"weight_map":{"a":"1.bin","b":"1.bin","c":"2.bin"}}""");
        new TorchPickleBuilder().Raw("c", "cposix\nsystem\n"u8).Save(hostile.File("2.bin"));

        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => CheckpointFiles.Open(missing.Path)).Message, "'3.bin'");
        var error = Assert.ThrowsExactly<InvalidDataException>(() => CheckpointFiles.Open(cut.Path));
        StringAssert.Contains(error.Message, "2.bin");
        StringAssert.Contains(error.Message, "truncated");
        var refused = Assert.ThrowsExactly<NotSupportedException>(() => CheckpointFiles.Open(hostile.Path));
        StringAssert.Contains(refused.Message, "posix.system");
    }

    [TestMethod]
    public void Open_NoWeights_SaysWhatWasLookedFor()
    {
        using var folder = new TemporaryFolder();

        var error = Assert.ThrowsExactly<FileNotFoundException>(() => CheckpointFiles.Open(folder.Path));

        StringAssert.Contains(error.Message, "model.safetensors.index.json");
    }

    private static TemporaryFolder PickleShards(string index)
    {
        var folder = new TemporaryFolder();
        new TorchPickleBuilder().AddFloats("a", 2).AddFloats("b", 2).Save(folder.File("1.bin"));
        new TorchPickleBuilder().AddFloats("c", 2).Save(folder.File("2.bin"));
        folder.Write("pytorch_model.bin.index.json", index);
        return folder;
    }

    private static TemporaryFolder TwoShards(string index)
    {
        var folder = new TemporaryFolder();
        new SafetensorsBuilder().AddFloats("a", 2).AddFloats("b", 2).Save(folder.File("1.safetensors"));
        new SafetensorsBuilder().AddFloats("c", 2).Save(folder.File("2.safetensors"));
        folder.Write("model.safetensors.index.json", index);
        return folder;
    }
}
