using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class VectorFileTests
{
    private static readonly Dictionary<string, string> Job = new() { ["model"] = "m", ["input"] = "i" };
    private static readonly float[][] Vectors = [[1.5f, -2], [0.1f, 3e-9f], [4, 5]];

    [TestMethod]
    public void Complete_Npy_IsAHeaderThatNumpyReadsAndTheNumbers()
    {
        using var folder = new TemporaryFolder();

        Write(folder.File("v.npy"), VectorFormat.Npy);

        var bytes = File.ReadAllBytes(folder.File("v.npy"));
        CollectionAssert.AreEqual(new byte[] { 0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, 118, 0 }, bytes[..10]);
        StringAssert.StartsWith(Encoding.ASCII.GetString(bytes, 10, 118), "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }");
        Assert.AreEqual((byte)'\n', bytes[127]);
        CollectionAssert.AreEqual(Vectors.SelectMany(v => v.SelectMany(BitConverter.GetBytes)).ToArray(), bytes[128..]);
    }

    [TestMethod]
    public void Complete_Safetensors_IsReadByOurReader()
    {
        using var folder = new TemporaryFolder();

        Write(folder.File("v.safetensors"), VectorFormat.Safetensors);

        using var file = SafetensorsFile.Open(folder.File("v.safetensors"));
        CollectionAssert.AreEqual(new long[] { 3, 2 }, file.Tensors["embeddings"].Shape.ToArray());
        CollectionAssert.AreEqual(Vectors.SelectMany(v => v).ToArray(), file.ReadFloat32("embeddings"));
    }

    [TestMethod]
    public void Complete_JsonLinesAndCsv_HoldTheSameBits()
    {
        using var folder = new TemporaryFolder();

        Write(folder.File("v.jsonl"), VectorFormat.JsonLines);
        Write(folder.File("v.csv"), VectorFormat.Csv);

        var rows = File.ReadAllLines(folder.File("v.jsonl")).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.AreEqual("text 1\n\"é\"", rows[1].GetProperty("text").GetString());
        CollectionAssert.AreEqual(Vectors[1], rows[1].GetProperty("embedding").EnumerateArray().Select(v => v.GetSingle()).ToArray());
        var lines = File.ReadAllLines(folder.File("v.csv"));
        Assert.AreEqual("row,0,1", lines[0]);
        CollectionAssert.AreEqual(
            Vectors[1],
            lines[2].Split(',').Skip(1).Select(v => float.Parse(v, System.Globalization.CultureInfo.InvariantCulture)).ToArray());
    }

    [TestMethod]
    [DataRow(VectorFormat.Npy)]
    [DataRow(VectorFormat.Safetensors)]
    [DataRow(VectorFormat.JsonLines)]
    [DataRow(VectorFormat.Csv)]
    public void Open_AfterACrashInTheMiddleOfARow_GoesOnAfterTheLastWholeOne(VectorFormat format)
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("whole"), format);
        var bytes = File.ReadAllBytes(folder.File("whole"));
        var header = new VectorLayout(format, 2).Header(0).Length;
        var path = folder.File("v");
        for (var length = 0; length <= bytes.Length; length++)
        {
            using (Open(path, format))
            {
            }
            var crashed = bytes[..length];
            new VectorLayout(format, 2).Header(0).AsSpan(0, Math.Min(header, length)).CopyTo(crashed);
            File.WriteAllBytes(path + ".partial", crashed);

            using (var file = Open(path, format))
            {
                for (var row = file.Rows; row < Vectors.Length; row++)
                    file.Append(Text(row), Vectors[row]);
                file.Complete();
            }

            CollectionAssert.AreEqual(bytes, File.ReadAllBytes(path), $"crash after {length} bytes");
            Assert.IsFalse(File.Exists(path + ".partial.json"));
        }
    }

    [TestMethod]
    public void Open_RowsOfAnotherJob_AreRefusedWithWhatDiffers()
    {
        using var folder = new TemporaryFolder();
        using (var file = Open(folder.File("v.npy"), VectorFormat.Npy))
        {
            file.Append("a", [1, 2]);
            file.Flush();
        }

        var error = Assert.ThrowsExactly<IOException>(() => new VectorFile(
            folder.File("v.npy"), new VectorLayout(VectorFormat.Npy, 2), new Dictionary<string, string>(Job) { ["model"] = "other" }));

        StringAssert.Contains(error.Message, "what differs: model");
        Assert.AreEqual(136, new FileInfo(folder.File("v.npy.partial")).Length);
    }

    [TestMethod]
    public void FormatOf_UnknownExtension_SaysWhatThereIs()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => VectorLayout.FormatOf("vectors.parquet"));
        StringAssert.Contains(error.Message, ".npy, .safetensors, .jsonl or .csv");
    }

    private static void Write(string path, VectorFormat format)
    {
        using var file = Open(path, format);
        for (var row = 0; row < Vectors.Length; row++)
            file.Append(Text(row), Vectors[row]);
        file.Complete();
    }

    private static VectorFile Open(string path, VectorFormat format) => new(path, new VectorLayout(format, 2), Job);

    private static string Text(long row) => $"text {row}\n\"é\"";
}
