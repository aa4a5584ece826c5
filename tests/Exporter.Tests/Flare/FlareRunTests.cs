using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class FlareRunTests
{
    private const string Key = "encoder.model." + FlareRuns.Query;

    [TestMethod]
    public void Open_RunAsItsTrainerSavesIt_IsSortedIntoModelAdapterAndHead()
    {
        using var folder = new TemporaryFolder();
        FlareRuns.Write(folder.Path, FlareRuns.Small());

        using var run = FlareRun.Open(folder.Path);

        Assert.AreEqual("flare-add_relu", run.Adapter);
        CollectionAssert.AreEqual(new[] { FlareRuns.Query + ".weight", FlareRuns.Query + ".bias" }, run.Base.Keys.ToArray());
        Assert.IsTrue(run.HoldsWeightOf(FlareRuns.Query));
        var module = run.Modules[FlareRuns.Query];
        Assert.AreEqual((2, 12, 8), (module.Rank, module.In, module.Out));
        Assert.HasCount(4, run.Head);
    }

    [TestMethod]
    [DataRow(0, 96)]
    [DataRow(7, 60)]
    [DataRow(95, 1)]
    public void Open_4BitWeight_IsReadAsItsNumbers(int first, int count)
    {
        using var folder = new TemporaryFolder();
        FlareRuns.Write(folder.Path, FlareRuns.Small(bits: 4));
        using var run = FlareRun.Open(folder.Path);
        var (file, tensor) = run.Base[FlareRuns.Query + ".weight"];

        var values = new float[count];
        file.ReadBytes(tensor, first * sizeof(float), MemoryMarshal.AsBytes(values.AsSpan()));

        Assert.AreEqual(("F32", "[8, 12]"), (tensor.DType, tensor.ShapeText));
        CollectionAssert.AreEqual(Enumerable.Range(first, count).Select(FlareRuns.Value4Bits).ToArray(), values);
        Assert.HasCount(2, run.Base, "its parts are no tensors of the model");
    }

    [TestMethod]
    [DataRow("""{"quant_type": "fp4", "blocksize": 64, "shape": [8, 12]}""", "fp4")]
    [DataRow("""{"quant_type": "nf4", "blocksize": 64, "shape": [8, 12], "nested_blocksize": 256}""", "nested_blocksize")]
    public void Open_WeightThatIsQuantisedOtherwise_IsRefused(string state, string said)
    {
        using var folder = new TemporaryFolder();
        FlareRuns.Write(folder.Path, FlareRuns.Small(bits: 4, state: System.Text.Encoding.UTF8.GetBytes(state)));

        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => FlareRun.Open(folder.Path)).Message, said);
    }

    [TestMethod]
    [DataRow("""{"quant_type": "nf4", "blocksize": 32, "shape": [8, 12]}""", ".absmax")]
    [DataRow("""{"quant_type": "nf4", "blocksize": 64, "shape": [8, 13]}""", "must have 52 elements")]
    [DataRow("""{"quant_type": "nf4", "blocksize": 0, "shape": [8, 12]}""", "block size 0")]
    [DataRow("""{"quant_type": "nf4"}""", "not the state")]
    [DataRow("{", "not the state")]
    public void Open_WeightWhosePartsDoNotFit_NamesThem(string state, string said)
    {
        using var folder = new TemporaryFolder();
        FlareRuns.Write(folder.Path, FlareRuns.Small(bits: 4, state: System.Text.Encoding.UTF8.GetBytes(state)));

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => FlareRun.Open(folder.Path)).Message, said);
    }

    [TestMethod]
    public void Open_ShardsWithoutAnIndex_AreTakenTogetherOrTheMissingOneIsNamed()
    {
        using var folder = new TemporaryFolder();
        FlareRuns.Small().Save(folder.File("pytorch_model-00001-of-00002.bin"));
        new TorchPickleBuilder().AddFloats("encoder.model.roberta.embeddings.LayerNorm.weight", 8)
            .Save(folder.File("pytorch_model-00002-of-00002.bin"));

        using (var run = FlareRun.Open(folder.Path))
            Assert.HasCount(3, run.Base);
        File.Delete(folder.File("pytorch_model-00001-of-00002.bin"));
        var error = Assert.ThrowsExactly<FileNotFoundException>(() => FlareRun.Open(folder.Path));

        StringAssert.Contains(error.Message, "'pytorch_model-00001-of-00002.bin'");
    }

    [TestMethod]
    [DataRow("model.embed.weight", "model.embed.weight")]
    [DataRow(Key + ".lora_A.lora.weight", "2 adapters: flare-add_relu, lora")]
    public void Open_KeysThatFlareDoesNotWrite_AreRefusedByName(string key, string said)
    {
        using var folder = new TemporaryFolder();
        FlareRuns.Write(folder.Path, FlareRuns.Small().AddFloats(key, 2, 12));

        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => FlareRun.Open(folder.Path)).Message, said);
    }

    [TestMethod]
    [DataRow("encoder.model.x.lora_B.flare-add_relu.weight", "the other")]
    [DataRow("encoder.model.x.fuse_cross_attention.query.weight", "no adapter")]
    [DataRow(Key + ".fuse_cross_attention.query.weight", "no part of a cross-attention")]
    public void Open_HalfOfAModule_IsAnErrorThatNamesIt(string key, string said)
    {
        using var folder = new TemporaryFolder();
        FlareRuns.Write(folder.Path, FlareRuns.Small().AddFloats(key, 8, 3));

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => FlareRun.Open(folder.Path)).Message, said);
    }

    [TestMethod]
    public void Open_FactorThatIsNoNumber_NamesTheElement()
    {
        using var folder = new TemporaryFolder();
        var factor = new float[] { 1, 2, float.NaN, 4 };
        FlareRuns.Write(folder.Path, new TorchPickleBuilder()
            .Add(Key + ".lora_A.lora.weight", "F32", [2, 2], MemoryMarshal.AsBytes(factor.AsSpan())).AddFloats(Key + ".lora_B.lora.weight", 8, 2));

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => FlareRun.Open(folder.Path)).Message, "element 2 of");
    }

    [TestMethod]
    public void Open_FolderOfSomethingElse_SaysWhatIsExpected()
    {
        using var folder = new TemporaryFolder();

        var error = Assert.ThrowsExactly<FileNotFoundException>(() => FlareRun.Open(folder.Path));

        StringAssert.Contains(error.Message, "no run of FLARE");
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => FlareRun.Open(folder.File("none")));
    }
}
