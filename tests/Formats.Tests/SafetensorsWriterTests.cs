namespace XlLoraOnnx.Formats.Tests;

[TestClass]
public sealed class SafetensorsWriterTests
{
    [TestMethod]
    public void Write_SeveralTensors_AreReadBack()
    {
        using var folder = new TemporaryFolder();
        using (var stream = File.Create(folder.File("x.safetensors")))
        {
            var writer = new SafetensorsWriter(stream, [("b", [2, 2]), ("ä\"", []), ("empty", [0, 3])], new Dictionary<string, string> { ["format"] = "pt" });
            writer.Write("b", [1, 2, 3, 4]);
            writer.Write("ä\"", [5]);
            writer.Write("empty", []);
        }

        using var file = SafetensorsFile.Open(folder.File("x.safetensors"));
        CollectionAssert.AreEqual(new float[] { 1, 2, 3, 4 }, file.ReadFloat32("b"));
        CollectionAssert.AreEqual(new float[] { 5 }, file.ReadFloat32("ä\""));
        CollectionAssert.AreEqual(new long[] { 0, 3 }, file.Tensors["empty"].Shape.ToArray());
        Assert.AreEqual("pt", file.Metadata["format"]);
        Assert.AreEqual(0, file.Tensors["b"].Offset % 8);
    }

    [TestMethod]
    public void Write_AnotherNameOrLength_IsRefused()
    {
        using var stream = new MemoryStream();
        var writer = new SafetensorsWriter(stream, [("a", [2])], new Dictionary<string, string>());

        Assert.ThrowsExactly<ArgumentException>(() => writer.Write("b", [1, 2]));
        Assert.ThrowsExactly<ArgumentException>(() => writer.Write("a", [1]));
        writer.Write("a", [1, 2]);
        Assert.ThrowsExactly<ArgumentException>(() => writer.Write("a", [1, 2]));
        Assert.ThrowsExactly<ArgumentException>(() => new SafetensorsWriter(stream, [("a", [2]), ("a", [2])], new Dictionary<string, string>()));
    }
}
