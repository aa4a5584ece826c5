using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class KeyValueLayoutTests
{
    // two layers: 2 heads of 8 for what was written, 3 heads of 4 for what was read
    private static readonly CacheEntry[] SelfAndCross = [Self(0), Cross(0), Self(1), Cross(1)];

    private static readonly KeyValueLayout Layout = new(SelfAndCross, TensorElementType.Float, Source: 5);

    [TestMethod]
    public void SlotBytes_SelfAndCross_CountsEachByItsHeadsAndItsLength()
    {
        // two layers, keys and values, 4 bytes a number
        Assert.AreEqual(2 * 2 * 4 * ((2 * 8 * 100) + (3 * 4 * 5)), Layout.SlotBytes(100));
        Assert.AreEqual(8, Layout.Buffers);
    }

    [TestMethod]
    public void SlotBytes_SixteenBits_IsHalf()
    {
        var half = Layout with { Type = TensorElementType.Float16 };

        Assert.AreEqual(Layout.SlotBytes(100) / 2, half.SlotBytes(100));
    }

    [TestMethod]
    public void FilledBytes_SelfAndCross_GrowsWithWhatIsWrittenAlone()
    {
        Assert.AreEqual(2 * 2 * 4 * 3 * 4 * 5, Layout.FilledBytes(100, 0));
        Assert.AreEqual(2 * 2 * 4 * ((2 * 8 * 7) + (3 * 4 * 5)), Layout.FilledBytes(100, 7));
    }

    [TestMethod]
    public void CapacityOf_LayerThatRolls_IsShorterInSelfAttentionAlone()
    {
        var rolling = new RollingLayers(16, new HashSet<int> { 1 });
        var layout = Layout with { Rolling = rolling };

        CollectionAssert.AreEqual((int[])[100, 5, rolling.Capacity, 5], SelfAndCross.Select(c => layout.CapacityOf(c, 100)).ToArray());
        CollectionAssert.AreEqual(
            (int[])[60, 5, 60 - rolling.FirstKept(60), 5], SelfAndCross.Select(c => layout.FilledOf(c, 100, 60)).ToArray());
        Assert.AreEqual(2 * 4 * ((2 * 8 * (100 + rolling.Capacity)) + (2 * 3 * 4 * 5)), layout.SlotBytes(100));
    }

    [TestMethod]
    public void Names_OfABuffer_AreKeysThenValuesOfItsEntry()
    {
        Assert.AreEqual(("past_key_values.0.key", (string?)"present.0.key"), Layout.Names(0));
        Assert.AreEqual(("past_key_values.0.value", (string?)"present.0.value"), Layout.Names(1));
        Assert.AreEqual(("cross.1.value", (string?)null), Layout.Names(7));
    }

    [TestMethod]
    public void Load_PrefixOfSelfAndCross_HasWhatWasStored()
    {
        using var memory = new HostMemory();
        using var cache = new KeyValueCache(memory, Layout, slots: 2, capacity: 16);
        for (var buffer = 0; buffer < Layout.Buffers; buffer++)
            Fill(cache, buffer, slot: 0, value: buffer + 1);

        using var prefix = cache.Store(0, 6);
        cache.Load(prefix, 1, 6);

        Assert.AreEqual(Layout.FilledBytes(16, 6), prefix.Bytes);
        for (var buffer = 0; buffer < Layout.Buffers; buffer++)
        {
            using var view = cache.View(buffer, 1, 1);
            var (values, entry) = (view.GetTensorDataAsSpan<float>().ToArray(), Layout.CacheOf(buffer));
            var positions = entry.Kind == CacheKind.Cross ? 5 : 16;
            Assert.HasCount(entry.Heads * positions * entry.HeadDim, values);
            for (var head = 0; head < entry.Heads; head++)
            {
                var written = values.AsSpan(head * positions * entry.HeadDim, Math.Min(6, positions) * entry.HeadDim);
                Assert.IsFalse(written.ContainsAnyExcept(buffer + 1f), $"buffer {buffer}, head {head}");
            }
        }
    }

    private static void Fill(KeyValueCache cache, int buffer, int slot, float value)
    {
        using var view = cache.View(buffer, slot, 1);
        view.GetTensorMutableDataAsSpan<float>().Fill(value);
    }

    private static CacheEntry Self(int layer) => CacheEntry.OfSelfAttention(layer, heads: 2, headDim: 8, window: null);

    private static CacheEntry Cross(int layer) => new()
    {
        Layer = layer,
        Kind = CacheKind.Cross,
        KeyInput = $"cross.{layer}.key",
        ValueInput = $"cross.{layer}.value",
        Heads = 3,
        HeadDim = 4,
    };
}
