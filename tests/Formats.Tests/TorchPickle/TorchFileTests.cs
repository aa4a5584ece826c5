using System.IO.Compression;
using System.Text;

namespace XlLoraOnnx.Formats.Tests;

[TestClass]
public sealed class TorchFileTests
{
    // protocol 2 of CPython 3's C pickler: a parameter, two tensors that share its storage, one of them by torch.Size, and a buffer
    private const string OfCPython =
        "gAJjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQApUnEBKFgNAAAAc2hhcmVkLndlaWdodHECY3RvcmNoLl91dGlscwpfcmVidWlsZF9wYXJhbWV0ZXIKcQNjdG9yY2gu"
        + "X3V0aWxzCl9yZWJ1aWxkX3RlbnNvcl92MgpxBCgoWAcAAABzdG9yYWdlcQVjdG9yY2gKRmxvYXRTdG9yYWdlCnEGWAEAAAAwcQdYAwAAAGNwdXEISwZ0cQlRSwBLAksD"
        + "hnEKSwNLAYZxC4loAClScQx0cQ1ScQ6IaAApUnEPh3EQUnERWA4AAABsbV9oZWFkLndlaWdodHESaAQoKGgFaAZoB2gISwZ0cRNRSwBjdG9yY2gKU2l6ZQpxFEsCSwOG"
        + "cRWFcRZScRdoC4loAClScRh0cRlScRpYAwAAAHJvd3EbaAQoKGgFaAZoB2gISwZ0cRxRSwNLA4VxHUsBhXEeiWgAKVJxH3RxIFJxIVgMAAAAcG9zaXRpb25faWRzcSJo"
        + "BCgoaAVjdG9yY2gKTG9uZ1N0b3JhZ2UKcSNYAQAAADFxJGgITSwBdHElUUsASwFNLAGGcSZNLAFLAYZxJ4loAClScSh0cSlScSp1fXErWAkAAABfbWV0YWRhdGFxLGgA"
        + "KVJxLVgAAAAAcS59cS9YBwAAAHZlcnNpb25xMEsBc3NzYi4=";

    [TestMethod]
    public void Open_PickleOfCPython_GivesTensorsWhereTheyLie()
    {
        using var folder = new TemporaryFolder();
        var builder = new TorchPickleBuilder().AddFloats("a", 6).Add("b", "I64", [300], new byte[2400]);
        using var file = Open(folder, builder.Zip(Convert.FromBase64String(OfCPython), "pytorch_model"));

        CollectionAssert.AreEqual((string[])["shared.weight", "lm_head.weight", "row", "position_ids"], file.Tensors.Keys.ToArray());
        var (shared, head, row) = (file.Tensors["shared.weight"], file.Tensors["lm_head.weight"], file.Tensors["row"]);
        Assert.AreEqual(("F32", "[2, 3]", 24L), (shared.DType, shared.ShapeText, shared.Bytes));
        Assert.AreEqual((shared.Offset, 24L, "[2, 3]"), (head.Offset, head.Bytes, head.ShapeText));
        Assert.AreEqual(shared.Offset + 12, row.Offset);
        Assert.AreEqual(0, shared.Offset % 64);
        Assert.AreEqual(("I64", "[1, 300]"), (file.Tensors["position_ids"].DType, file.Tensors["position_ids"].ShapeText));
        CollectionAssert.AreEqual((float[])[3 / 64f - 0.5f, 4 / 64f - 0.5f, 5 / 64f - 0.5f], file.ReadFloat32("row"));
    }

    [TestMethod]
    public void Open_EveryType_IsNamedAsSafetensorsNamesIt()
    {
        using var folder = new TemporaryFolder();
        var builder = new TorchPickleBuilder().Add("scalar", "F32", [], BitConverter.GetBytes(3f)).Add("empty", "F32", [0, 4], []);
        foreach (var (dtype, bytes) in ((string, int)[])
            [("F64", 8), ("F16", 2), ("BF16", 2), ("I64", 8), ("I32", 4), ("U8", 1), ("BOOL", 1)])
            builder.Add(dtype, dtype, [2], new byte[2 * bytes]);
        using var file = Open(folder, builder.ToBytes());

        CollectionAssert.AreEqual((float[])[3], file.ReadFloat32("scalar"));
        Assert.IsEmpty(file.ReadFloat32("empty"));
        foreach (var tensor in file.Tensors.Values.Skip(2))
            Assert.AreEqual((tensor.DType, 2L), (tensor.Name, tensor.ElementCount));
    }

    [TestMethod]
    public void ReadBytes_OutsideTheTensor_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var file = Open(folder, new TorchPickleBuilder().AddFloats("a", 2).AddFloats("b", 2).ToBytes());

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => file.ReadBytes(file.Tensors["a"], 4, new byte[8]));
    }

    [TestMethod]
    [DataRow("cos\nsystem\n.", "asks for os.system")]
    [DataRow("cbuiltins\neval\n.", "asks for builtins.eval")]
    [DataRow("ctorch._utils\n_rebuild_sparse_tensor\n.", "asks for torch._utils._rebuild_sparse_tensor")]
    [DataRow("ctransformers.training_args\nTrainingArguments\n.", "asks for transformers.training_args.TrainingArguments")]
    [DataRow("(ios\nsystem\n.", "opcode INST")]
    [DataRow("ccollections\nOrderedDict\n)\u0081.", "opcode NEWOBJ")]
    [DataRow("\u0093.", "opcode STACK_GLOBAL")]
    [DataRow("\u0082\u0001.", "opcode EXT1")]
    [DataRow("].", "holds no dictionary of tensors")]
    [DataRow("}U\u0005modelK\u0001s.", "'model' is a number where a tensor is expected")]
    [DataRow("}U\u0005model}s.", "'model' is a dictionary where a tensor is expected")]
    [DataRow("}K\u0001K\u0001s.", "a key of its dictionary is a number")]
    [DataRow("ctorch\nSize\n(K\u0001tR.", "calls torch.Size with 1 arguments")]
    [DataRow("ctorch._utils\n_rebuild_tensor_v2\n)R.", "calls torch._utils._rebuild_tensor_v2 with 0 arguments")]
    [DataRow("ctorch\nFloatStorage\n)R.", "calls torch.FloatStorage")]
    public void Open_PickleOfMoreThanTensors_IsRefusedByName(string opcodes, string message) =>
        StringAssert.Contains(Refuse<NotSupportedException>(Pickle(opcodes)).Message, message);

    [TestMethod]
    [DataRow("", "ends 1 bytes too early")]
    [DataRow("h\u0000.", "refers to value 0")]
    [DataRow("K\u0001K\u0001.", "values left over")]
    [DataRow("t.", "ends a list that it has not begun")]
    [DataRow("(R.", "takes a value where there is none")]
    [DataRow("K\u0001)R.", "calls something that cannot be called")]
    [DataRow("U\u0007storageQ.", "no storage of tensors")]
    [DataRow("X\u00ff\u00ff\u00ff\u00ffa.", "too early")]
    [DataRow("U\u0001\u00ff.", "not UTF-8")]
    [DataRow("cos\u001b\nsystem\n.", "characters that no name has")]
    [DataRow("]}K\u0001K\u0001sb.", "changes something that is not a dictionary")]
    [DataRow("\u008a\u0009aaaaaaaaa.", "integer of 9 bytes")]
    [DataRow("}K\u0001a.", "changes something that is not a list")]
    [DataRow("\u0000.", "no opcode of torch.save")]
    public void Open_DamagedPickle_SaysWhatIsWrong(string opcodes, string message) =>
        StringAssert.Contains(Refuse<InvalidDataException>(Pickle(opcodes)).Message, message);

    [TestMethod]
    public void Open_PickleThatPilesUp_IsRefusedSoon()
    {
        StringAssert.Contains(Refuse<InvalidDataException>(Pickle(new string(']', 1 << 20))).Message, "piles up more than");
        StringAssert.Contains(Refuse<InvalidDataException>(Pickle(new string('(', 1000))).Message, "nested deeper");
        StringAssert.Contains(
            Refuse<InvalidDataException>(Pickle(string.Concat(Enumerable.Repeat("]q\u0000(" + new string(')', 999) + "e\u0085", 2100))))
                .Message, "more than 2000000 values");
    }

    [TestMethod]
    public void Open_TensorThatDoesNotFit_SaysWhy()
    {
        StringAssert.Contains(Damaged(b => b.View("v", "a", 5, [2])), "tensor 'v' [2] at element 5 lies outside its storage '0' of 6");
        StringAssert.Contains(Damaged(b => b.View("v", "a", 0, [1 << 30, 1 << 30, 1 << 30])), "lies outside its storage");
        StringAssert.Contains(Damaged(b => b.Tie("a", "a")), "has tensor 'a' twice");
        StringAssert.Contains(
            Refuse<NotSupportedException>(new TorchPickleBuilder().AddFloats("a", 6).View("t", "a", 0, [3, 2], [1, 3]).ToBytes()).Message,
            "tensor 't' [3, 2] is not stored row by row: its strides are [1, 3]");
    }

    [TestMethod]
    public void Open_StoragesThatAreMissingOrShort_SaysWhich()
    {
        var pickle = new TorchPickleBuilder().AddFloats("a", 6).Pickle();

        StringAssert.Contains(
            Refuse<InvalidDataException>(TorchPickleBuilder.Zip(("a/data.pkl", pickle))).Message,
            "storage '0', which the file does not have");
        StringAssert.Contains(Refuse<InvalidDataException>(TorchPickleBuilder.Zip(("a/data.pkl", pickle), ("a/data/0", new byte[20])))
            .Message, "6 elements of 4 bytes and has 20 bytes");
    }

    [TestMethod]
    public void Open_OtherFiles_SaysWhatTheyAre()
    {
        var builder = new TorchPickleBuilder().AddFloats("a", 6);

        StringAssert.Contains(Refuse<NotSupportedException>([0x80, 2, 0x8a, 10, 0]).Message, "before 1.6");
        StringAssert.Contains(Refuse<NotSupportedException>(builder.Zip(builder.Pickle(), byteOrder: "big")).Message, "'little' is read");
        StringAssert.Contains(Refuse<NotSupportedException>(builder.Zip([0x80, 4, .. builder.Pickle()[2..]])).Message, "protocol 4");
        StringAssert.Contains(Refuse<NotSupportedException>(TorchPickleBuilder.Zip(("a/data.pkl", []), ("a/constants.pkl", []))).Message,
            "TorchScript");
        StringAssert.Contains(Refuse<NotSupportedException>(Deflated(builder.Pickle())).Message, "compressed");
        StringAssert.Contains(Refuse<InvalidDataException>(TorchPickleBuilder.Zip(("data.pkl", []))).Message, "0 entries named data.pkl");
        StringAssert.Contains(
            Refuse<InvalidDataException>(TorchPickleBuilder.Zip(("a/data.pkl", []), ("a/data.pkl", []))).Message, "twice");
        StringAssert.Contains(Refuse<InvalidDataException>("version https://git-lfs"u8.ToArray()).Message, "a zip with 504B0304");
        StringAssert.Contains(Refuse<InvalidDataException>([1, 2]).Message, "it has 2 bytes");
    }

    [TestMethod]
    public void Open_FileThatIsCut_IsRefusedWhereverThatIs()
    {
        var whole = new TorchPickleBuilder().AddFloats("a", 6).AddFloats("b", 40).ToBytes();
        for (var length = 4; length < whole.Length; length++)
            StringAssert.Contains(Refuse<InvalidDataException>(whole[..length]).Message, "truncated", $"at {length}");
    }

    [TestMethod]
    public void Open_EntriesOverEachOther_AreRefused()
    {
        var whole = new TorchPickleBuilder().AddFloats("a", 6).AddFloats("b", 6).ToBytes();
        var text = Encoding.Latin1.GetString(whole);
        // the directory's sizes of the first storage reach into the second
        var entry = text.LastIndexOf("archive/data/0", StringComparison.Ordinal) - 46;
        BitConverter.TryWriteBytes(whole.AsSpan(entry + 20), 200);
        BitConverter.TryWriteBytes(whole.AsSpan(entry + 24), 200);

        StringAssert.Contains(Refuse<InvalidDataException>(whole).Message, "overlap");
    }

    private static string Damaged(Action<TorchPickleBuilder> change)
    {
        var builder = new TorchPickleBuilder().AddFloats("a", 6);
        change(builder);
        return Refuse<InvalidDataException>(builder.ToBytes()).Message;
    }

    private static byte[] Pickle(string opcodes) =>
        TorchPickleBuilder.Zip(("archive/data.pkl", [0x80, 2, .. Encoding.Latin1.GetBytes(opcodes)]));

    private static byte[] Deflated(byte[] pickle)
    {
        using var written = new MemoryStream();
        using (var zip = new ZipArchive(written, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry("archive/data.pkl", CompressionLevel.SmallestSize).Open();
            entry.Write(pickle);
        }
        return written.ToArray();
    }

    private static TException Refuse<TException>(byte[] bytes)
        where TException : Exception
    {
        using var folder = new TemporaryFolder();
        var error = Assert.ThrowsExactly<TException>(() => Open(folder, bytes).Dispose());
        StringAssert.Contains(error.Message, "a.bin");
        return error;
    }

    private static TorchFile Open(TemporaryFolder folder, byte[] bytes)
    {
        File.WriteAllBytes(folder.File("a.bin"), bytes);
        return TorchFile.Open(folder.File("a.bin"));
    }
}
