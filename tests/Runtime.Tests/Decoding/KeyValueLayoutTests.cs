using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class KeyValueLayoutTests
{
    // two layers: 2 heads of 8, and 3 of 4
    private static readonly CacheEntry[] Entries = [Self(0), CacheEntry.OfSelfAttention(1, heads: 3, headDim: 4, window: null)];

    private static readonly KeyValueLayout Layout = new(Entries, TensorElementType.Float);

    [TestMethod]
    public void SlotBytes_LayersOfDifferentHeads_CountsEachByItsOwn()
    {
        // keys and values, 4 bytes a number
        Assert.AreEqual(2 * 4 * 100 * ((2 * 8) + (3 * 4)), Layout.SlotBytes(100));
        Assert.AreEqual(4, Layout.Buffers);
    }

    [TestMethod]
    public void SlotBytes_SixteenBits_IsHalf()
    {
        var half = Layout with { Type = TensorElementType.Float16 };

        Assert.AreEqual(Layout.SlotBytes(100) / 2, half.SlotBytes(100));
    }

    [TestMethod]
    public void FilledBytes_GrowsWithWhatIsWritten()
    {
        Assert.AreEqual(0, Layout.FilledBytes(100, 0));
        Assert.AreEqual(2 * 4 * 7 * ((2 * 8) + (3 * 4)), Layout.FilledBytes(100, 7));
    }

    [TestMethod]
    public void CapacityOf_LayerThatRolls_IsShorter()
    {
        var rolling = new RollingLayers(16, new HashSet<int> { 1 });
        var layout = Layout with { Rolling = rolling };

        CollectionAssert.AreEqual((int[])[100, rolling.Capacity], Entries.Select(c => layout.CapacityOf(c, 100)).ToArray());
        CollectionAssert.AreEqual((int[])[60, 60 - rolling.FirstKept(60)], Entries.Select(c => layout.FilledOf(c, 100, 60)).ToArray());
        Assert.AreEqual(2 * 4 * ((2 * 8 * 100) + (3 * 4 * rolling.Capacity)), layout.SlotBytes(100));
    }

    [TestMethod]
    public void Names_OfABuffer_AreKeysThenValuesOfItsEntry()
    {
        Assert.AreEqual(("past_key_values.0.key", (string?)"present.0.key"), Layout.Names(0));
        Assert.AreEqual(("past_key_values.0.value", (string?)"present.0.value"), Layout.Names(1));
        var cross = Layout with { Caches = [CacheEntry.OfCrossAttention(1, heads: 3, headDim: 4)] };
        Assert.AreEqual(("past_key_values.1.encoder.value", (string?)null), cross.Names(1));
    }

    [TestMethod]
    public void Load_Prefix_HasWhatWasStored()
    {
        using var memory = new HostMemory();
        using var cache = new KeyValueCache(memory, Layout, slots: 2, capacity: 16);
        for (var buffer = 0; buffer < Layout.Buffers; buffer++)
            Fill(cache, buffer, slot: 0, value: buffer + 1);

        using var prefix = cache.Store(0, 6);
        cache.Load(prefix, 1, 6);

        Assert.AreEqual(Layout.FilledBytes(16, 6), prefix.Bytes);
        for (var buffer = 0; buffer < Layout.Buffers; buffer++)
            AssertFirst(cache, buffer, positions: 6, value: buffer + 1);
    }

    [TestMethod]
    public void Write_HeadsThatLieCloser_AreInTheirPlaces()
    {
        using var memory = new HostMemory();
        using var cache = new KeyValueCache(memory, Layout, slots: 2, capacity: 16);
        var source = memory.Allocate(2 * 5 * 8 * sizeof(float));
        try
        {
            memory.Upload(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(Enumerable.Repeat(3f, 2 * 5 * 8).ToArray()), source);
            cache.Write(0, 1, source, pitch: 5 * 8 * sizeof(float), length: 5);
            memory.Finish();

            AssertFirst(cache, 0, positions: 5, value: 3);
        }
        finally
        {
            memory.Free(source);
        }
    }

    /// <summary>In the second slot.</summary>
    private static void AssertFirst(KeyValueCache cache, int buffer, int positions, float value)
    {
        using var view = cache.View(buffer, 1, 1);
        var (values, entry) = (view.GetTensorDataAsSpan<float>().ToArray(), Layout.CacheOf(buffer));
        Assert.HasCount(entry.Heads * 16 * entry.HeadDim, values);
        for (var head = 0; head < entry.Heads; head++)
        {
            var of = values.AsSpan(head * 16 * entry.HeadDim, 16 * entry.HeadDim);
            Assert.IsFalse(of[..(positions * entry.HeadDim)].ContainsAnyExcept(value), $"buffer {buffer}, head {head}");
            Assert.IsFalse(of[(positions * entry.HeadDim)..].ContainsAnyExcept(0f), $"buffer {buffer}, head {head}");
        }
    }

    private static void Fill(KeyValueCache cache, int buffer, int slot, float value)
    {
        using var view = cache.View(buffer, slot, 1);
        view.GetTensorMutableDataAsSpan<float>().Fill(value);
    }

    private static CacheEntry Self(int layer) => CacheEntry.OfSelfAttention(layer, heads: 2, headDim: 8, window: null);
}
