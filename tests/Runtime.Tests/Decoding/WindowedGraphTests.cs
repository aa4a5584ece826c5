using System.Text;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class WindowedGraphTests
{
    [TestMethod]
    public void Read_LayersWithAWindow_AreFoundAndSwitched()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder,
            Attention(0, window: 16, rolls: 0), Node("MatMul"), Attention(1, window: -1, rolls: null), Attention(12, window: 16, rolls: 0));

        var graph = WindowedGraph.Read(path)!;

        Assert.AreEqual(16, graph.Layers.Window);
        CollectionAssert.AreEquivalent((int[])[0, 12], graph.Layers.Layers.ToArray());
        var before = File.ReadAllBytes(path);
        var after = graph.Switched();
        var changed = Enumerable.Range(0, before.Length).Where(i => before[i] != after[i]).ToArray();
        Assert.HasCount(2, changed);
        File.WriteAllBytes(path, after);
        Assert.IsNull(WindowedGraph.Read(path), "it is on already");
    }

    [TestMethod]
    [DataRow("older export")]
    [DataRow("other window")]
    [DataRow("no window")]
    [DataRow("layer twice")]
    [DataRow("unknown cache")]
    public void Read_GraphThatCannotBeSwitched_IsLeftWhole(string what)
    {
        using var folder = new TemporaryFolder();
        var first = Attention(0, window: 16, rolls: 0);
        var path = what switch
        {
            "older export" => Write(folder, first, Attention(1, 16, rolls: null)),
            "other window" => Write(folder, first, Attention(1, 32, rolls: 0)),
            "no window" => Write(folder, Attention(0, -1, rolls: null)),
            "layer twice" => Write(folder, first, first),
            _ => Write(folder, first, Attention(1, 16, rolls: 0, cache: "past.1")),
        };

        Assert.IsNull(WindowedGraph.Read(path));
    }

    [TestMethod]
    [DataRow(new byte[] { 0x3A, 0x7F, 0x01 }, "a field of 127 bytes where 1 are left")]
    [DataRow(new byte[] { 0x3A, 0xFF }, "a number without an end")]
    [DataRow(new byte[] { 0x3B }, "the wire type 3")]
    [DataRow(new byte[] { 0x3A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 }, "bytes where 0 are left")]
    public void Read_DamagedFile_SaysWhere(byte[] bytes, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.onnx"), bytes);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => WindowedGraph.Read(folder.File("model.onnx")));

        StringAssert.Contains(error.Message, message);
        StringAssert.Contains(error.Message, "model.onnx");
    }

    private static string Write(TemporaryFolder folder, params byte[][] nodes)
    {
        var path = folder.File("model.onnx");
        // ir_version, then the graph
        File.WriteAllBytes(path, [0x08, 0x0A, .. Message(7, [.. nodes.SelectMany(n => Message(1, n))])]);
        return path;
    }

    private static byte[] Attention(int layer, int window, int? rolls, string? cache = null) =>
    [
        .. Text(1, "q"), .. Text(1, "k"), .. Text(1, "v"), .. Text(1, cache ?? $"past_key_values.{layer}.key"),
        .. Node("GroupQueryAttention"), .. Attribute("local_window_size", window),
        .. rolls is { } value ? Attribute("sliding_window_cache", value) : [],
    ];

    private static byte[] Node(string type) => Text(4, type);

    /// <summary>With its type, an integer, after the value.</summary>
    private static byte[] Attribute(string name, int value) =>
        Message(5, [.. Text(1, name), 3 << 3, .. Varint((ulong)(long)value), 0xA0, 0x01, 2]);

    private static byte[] Text(int field, string text) => Message(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Message(int field, byte[] content) =>
        [.. Varint((ulong)((field << 3) | 2)), .. Varint((ulong)content.Length), .. content];

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
