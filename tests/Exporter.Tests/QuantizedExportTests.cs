using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class QuantizedExportTests
{
    private static readonly string Checkpoint = Repository.Data("models", "gemma3-text");
    private static readonly ExportOptions Int4 = new() { Precision = ExportPrecision.Int4 };

    [TestMethod]
    [DataRow(ExportPrecision.Int4, false)]
    [DataRow(ExportPrecision.Int8, true)]
    [DataRow(ExportPrecision.Int8W, true)]
    [DataRow(ExportPrecision.Nf4, true)]
    public void Export_Twice_GivesTheSameBytes(ExportPrecision precision, bool symmetric)
    {
        using var folder = new TemporaryFolder();
        var options = new ExportOptions { Precision = precision, Symmetric = symmetric };

        var hashes = ((string[])["a", "b"]).Select(name => Directory
            .EnumerateFiles(ModelExporter.Export(Checkpoint, folder.File(name), options).Folder).Order()
            .Select(path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))).ToArray()).ToArray();

        CollectionAssert.AreEqual(hashes[0], hashes[1]);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Export_TiedTable_IsStoredOnceForTheEmbeddingAndTheHead(bool symmetric)
    {
        using var folder = new TemporaryFolder();

        var graph = Graph(ModelExporter.Export(Checkpoint, folder.File("m"), Int4 with { Symmetric = symmetric }).Folder);

        var (embedding, head) = (Initializer(graph, "model.embed_tokens.weight_Q4"), Initializer(graph, "lm_head.MatMul.weight_Q4"));
        var vocab = embedding.Dims[0];
        CollectionAssert.AreEqual((long[])[vocab, 32], embedding.Dims.ToArray());
        CollectionAssert.AreEqual((long[])[vocab, 2, 16], head.Dims.ToArray());
        CollectionAssert.AreEqual(embedding.ExternalData.ToArray(), head.ExternalData.ToArray());
        var lookup = graph.Node.Single(n => n.OpType == "GatherBlockQuantized");
        var logits = graph.Node.Single(n => n.Output[0] == "logits");
        CollectionAssert.AreEqual(lookup.Input.Skip(2).ToArray(), logits.Input.Skip(2).ToArray());
        Assert.HasCount(symmetric ? 3 : 4, lookup.Input);
        // everything else has bytes of its own, which follow each other
        var places = graph.Initializer.Where(i => i.ExternalData.Count > 0 && i != head).Select(Place).OrderBy(p => p.Offset).ToArray();
        foreach (var (before, after) in places.Zip(places.Skip(1)))
            Assert.IsGreaterThanOrEqualTo(before.Offset + before.Length, after.Offset);
        Assert.AreEqual(places[^1].Offset + places[^1].Length, new FileInfo(folder.File("m/model.onnx.data")).Length);
    }

    [TestMethod]
    public void Export_LoraFactors_AreNotQuantized()
    {
        using var folder = new TemporaryFolder();

        var graph = Graph(ModelExporter.Export(Checkpoint, folder.File("m"), Int4).Folder);

        var factors = graph.Input.Where(i => i.Name.Contains(".lora_", StringComparison.Ordinal)).ToArray();
        Assert.HasCount(6 * 7 * 2, factors);
        Assert.IsTrue(factors.All(f => f.Type.TensorType.ElemType == (int)OnnxType.Float));
        Assert.HasCount(6 * 7 * 2, graph.Node.Where(n => n.Name.Contains("/lora_", StringComparison.Ordinal) && n.OpType == "MatMul"));
        Assert.HasCount(6 * 7 + 1, graph.Node.Where(n => n.OpType == "MatMulNBits"));
    }

    [TestMethod]
    public void Export_Quantized_SaysSoInTheManifestAndTheReport()
    {
        using var folder = new TemporaryFolder();
        var options = Int4 with { Symmetric = false, BlockSize = 64, Keep = [new("lm_head", ExportPrecision.Int8W)] };

        var report = ModelExporter.Export(Checkpoint, folder.File("m"), options);

        var manifest = ModelManifest.Read(report.Folder);
        var facts = manifest.Quantization!;
        Assert.AreEqual(("int4", "int4", 64, false, 4),
            (report.Precision, manifest.Precision, facts.BlockSize, facts.Symmetric, facts.AccuracyLevel));
        CollectionAssert.AreEqual((string[])["lm_head=int8w"], facts.Overrides.ToArray());
    }

    [TestMethod]
    [DataRow(ExportPrecision.Int8, null)]
    [DataRow(ExportPrecision.Int4, "*.down_proj")]
    public void Export_ProductsOfIntegers_SaysSoInTheManifest(ExportPrecision precision, string? pattern)
    {
        using var folder = new TemporaryFolder();
        KeepRule[] keep = pattern is null ? [] : [new(pattern, ExportPrecision.Int8)];

        var manifest = ModelManifest.Read(
            ModelExporter.Export(Checkpoint, folder.File("m"), new ExportOptions { Precision = precision, Keep = keep }).Folder);

        Assert.AreEqual((precision.Name(), 8), (manifest.Precision, manifest.Quantization!.ActivationBits));
        CollectionAssert.AreEqual(keep.Select(k => k.ToString()).ToArray(), manifest.Quantization.Overrides.ToArray());
    }

    [TestMethod]
    public void Export_ProductsOfIntegers_QuantizeOnceWhatSeveralModulesRead()
    {
        using var folder = new TemporaryFolder();

        var graph = Graph(ModelExporter.Export(
            Checkpoint, folder.File("m"), new ExportOptions { Precision = ExportPrecision.Int8 }).Folder);

        // of the norms before queries, keys and values and before gate and up, of what was attended, of the product, and of the last state
        Assert.HasCount(6 * 4 + 1, graph.Node.Where(n => n.OpType == "QuantizeLinear"));
        Assert.HasCount(6 * 7 + 1, graph.Node.Where(n => n.OpType == "MatMulIntegerToFloat"));
        var readers = graph.Node.Where(n => n.OpType == "MatMulIntegerToFloat").GroupBy(n => n.Input[0]).Select(g => g.Count());
        Assert.AreEqual(6, readers.Count(n => n == 3));
        var (embedding, head) = (Initializer(graph, "model.embed_tokens.weight_Q8"), Initializer(graph, "lm_head.MatMul.weight_I8"));
        CollectionAssert.AreEqual((long[])[64, embedding.Dims[0]], head.Dims.ToArray());
    }

    [TestMethod]
    public void Export_NotQuantized_HasNoQuantizationInTheManifest()
    {
        using var folder = new TemporaryFolder();

        Assert.IsNull(ModelManifest.Read(folder.Export("gemma3-text")).Quantization);
    }

    [TestMethod]
    [DataRow("embed_tokens=fp32", ExportPrecision.Int4, 128, DisplayName = "rows of 64 are no whole blocks")]
    [DataRow("=int4", ExportPrecision.Nf4, 128, DisplayName = "features in that are no whole blocks")]
    public void Export_RowsThatAreNoWholeBlocks_AreRefusedWithTheWayOut(string wayOut, ExportPrecision precision, int blockSize)
    {
        using var folder = new TemporaryFolder();

        var error = Assert.ThrowsExactly<NotSupportedException>(() =>
            ModelExporter.Export(Checkpoint, folder.File("m"), new ExportOptions { Precision = precision, BlockSize = blockSize }));

        StringAssert.Contains(error.Message, wayOut);
        Assert.IsFalse(Directory.Exists(folder.File("m")));
    }

    [TestMethod]
    public void Export_EmbeddingAsNf4_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var options = new ExportOptions { Precision = ExportPrecision.Nf4, Keep = [new("*", ExportPrecision.Nf4)] };

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(Checkpoint, folder.File("m"), options));

        StringAssert.Contains(error.Message, "'layers.*=nf4'");
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.NegativeInfinity)]
    public void Codes_NumberThatIsNotFinite_IsRefusedWithItsPlace(float bad)
    {
        using var folder = new TemporaryFolder();
        var values = new float[3 * 64];
        values[2 * 64 + 37] = bad;
        new SafetensorsBuilder().Add("w", "F32", [3, 64], MemoryMarshal.AsBytes(values.AsSpan())).Save(folder.File("a"));
        using var file = SafetensorsFile.Open(folder.File("a"));
        var source = QuantizedRows.Codes(new CheckpointTensor(file, file.Tensors["w"]), new BlockQuantizer(4, 32, true));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => source.Fill(0, 3, new byte[3 * 32]));

        StringAssert.Contains(error.Message, "row 2, column 37");
    }

    [TestMethod]
    public void Codes_RowsInAnyOrder_AreTheSame()
    {
        using var folder = new TemporaryFolder();
        // several batches of rows, of which the last is short; blocks that end in padding
        new SafetensorsBuilder().AddFloats("w", 5000, 40).Save(folder.File("a"));
        using var file = SafetensorsFile.Open(folder.File("a"));
        var source = QuantizedRows.Codes(new CheckpointTensor(file, file.Tensors["w"]), new BlockQuantizer(8, 32, false));
        var (whole, pieces) = (new byte[5000 * 64], new byte[5000 * 64]);

        source.Fill(0, 5000, whole);
        foreach (var (first, rows) in ((int, int)[])[(3000, 2000), (1, 2999), (0, 1)])
            source.Fill(first, rows, pieces.AsSpan(first * 64, rows * 64));

        CollectionAssert.AreEqual(whole, pieces);
    }

    private static GraphProto Graph(string folder) =>
        ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(folder, "model.onnx"))).Graph;

    private static TensorProto Initializer(GraphProto graph, string name) => graph.Initializer.Single(i => i.Name == name);

    private static (long Offset, long Length) Place(TensorProto tensor) => (Number(tensor, "offset"), Number(tensor, "length"));

    private static long Number(TensorProto tensor, string key) =>
        long.Parse(tensor.ExternalData.Single(e => e.Key == key).Value, System.Globalization.CultureInfo.InvariantCulture);
}
