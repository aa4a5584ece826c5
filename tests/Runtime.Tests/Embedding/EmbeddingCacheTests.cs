
namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class EmbeddingCacheTests
{
    private const string Model = "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private const string OtherModel = "sha256:ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    [TestMethod]
    public void TryGet_AfterReopening_GivesTheSameBits()
    {
        using var folder = new TemporaryFolder();
        using (var cache = EmbeddingCache.Open(folder.Path, Model, 3))
        {
            cache.Add("a", [1, 2, 3]);
            cache.Add("", [0, -0f, float.Epsilon]);
            cache.Add("a", [9, 9, 9]);
        }

        using var again = EmbeddingCache.Open(folder.Path, Model, 3);

        Assert.AreEqual(2, again.Count);
        CollectionAssert.AreEqual(new float[] { 1, 2, 3 }, Get(again, "a"));
        CollectionAssert.AreEqual(new[] { 0, -0f, float.Epsilon }, Get(again, ""));
        Assert.IsNull(Get(again, "b"));
    }

    [TestMethod]
    public void TryGet_AnotherModel_HasNothing()
    {
        using var folder = new TemporaryFolder();
        using var cache = EmbeddingCache.Open(folder.Path, Model, 1);
        cache.Add("a", [1]);

        using var other = EmbeddingCache.Open(folder.Path, OtherModel, 1);

        Assert.IsNull(Get(other, "a"));
    }

    [TestMethod]
    public void Open_TwiceAtOnce_EachWritesAFileOfItsOwnAndALaterOneReadsBoth()
    {
        using var folder = new TemporaryFolder();
        using (var first = EmbeddingCache.Open(folder.Path, Model, 1))
        using (var second = EmbeddingCache.Open(folder.Path, Model, 1))
        {
            first.Add("a", [1]);
            second.Add("b", [2]);
        }

        using var third = EmbeddingCache.Open(folder.Path, Model, 1);

        CollectionAssert.AreEqual(new float[] { 1 }, Get(third, "a"));
        CollectionAssert.AreEqual(new float[] { 2 }, Get(third, "b"));
    }

    [TestMethod]
    public void Open_TornLastRecord_IsCutOffAndWritingGoesOn()
    {
        using var folder = new TemporaryFolder();
        using (var cache = EmbeddingCache.Open(folder.Path, Model, 2))
        {
            cache.Add("a", [1, 2]);
            cache.Add("b", [3, 4]);
        }
        var file = Directory.GetFiles(folder.Path, "*.vectors").Single();
        using (var stream = File.OpenWrite(file))
            stream.SetLength(stream.Length - 5);

        using (var torn = EmbeddingCache.Open(folder.Path, Model, 2))
        {
            Assert.IsNull(Get(torn, "b"));
            torn.Add("c", [5, 6]);
        }

        using var again = EmbeddingCache.Open(folder.Path, Model, 2);
        CollectionAssert.AreEqual(new float[] { 1, 2 }, Get(again, "a"));
        CollectionAssert.AreEqual(new float[] { 5, 6 }, Get(again, "c"));
    }

    [TestMethod]
    public void TryGet_DamagedRecord_IsAsIfItWereNotThere()
    {
        using var folder = new TemporaryFolder();
        using (var cache = EmbeddingCache.Open(folder.Path, Model, 2))
            cache.Add("a", [1, 2]);
        var file = Directory.GetFiles(folder.Path, "*.vectors").Single();
        var bytes = File.ReadAllBytes(file);
        bytes[18] ^= 1;
        File.WriteAllBytes(file, bytes);

        using var damaged = EmbeddingCache.Open(folder.Path, Model, 2);

        Assert.IsNull(Get(damaged, "a"));
        damaged.Add("a", [7, 8]);
        CollectionAssert.AreEqual(new float[] { 7, 8 }, Get(damaged, "a"));
    }

    private static float[]? Get(EmbeddingCache cache, string text)
    {
        var vector = new float[cache.Dimension];
        return cache.TryGet(text, vector) ? vector : null;
    }
}
