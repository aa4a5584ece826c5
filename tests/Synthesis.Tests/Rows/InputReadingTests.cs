using System.Security.Cryptography;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class InputReadingTests
{
    [TestMethod]
    [DataRow("anchors.txt", "one\ntwo\nthree\n", null)]
    [DataRow("anchors.txt", "one\ntwo\nthree\n", 2L)]
    [DataRow("anchors.csv", "id,sent0\n1,one\n2,\"two\"\n3,three\n", 1L)]
    [DataRow("anchors.jsonl", "{\"sent0\": \"one\"}\n\n{\"sent0\": \"two\"}\n", null)]
    public async Task Sha256Async_AfterTheTexts_IsThatOfTheWholeFile(string name, string content, long? limit)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name, content);
        await using var reading = new RunInputs(path, limit).Open(hashes: true);

        var texts = await reading.TextsAsync(default).ToListAsync();

        CollectionAssert.AreEqual(new[] { "one", "two", "three" }.Take(texts.Count).ToArray(), texts);
        Assert.AreEqual(limit ?? texts.Count, texts.Count);
        var expected = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
        Assert.AreEqual(expected, await reading.Sha256Async(default));
        Assert.AreEqual(expected, await reading.Sha256Async(default));
        Assert.AreEqual(new FileInfo(path).Length, reading.Bytes);
    }

    [TestMethod]
    public async Task Sha256Async_LongFileCutByTheLimit_ReadsTheRest()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("anchors.txt", string.Concat(Enumerable.Range(0, 50_000).Select(i => $"anchor {i}\n")));
        await using var reading = new RunInputs(path, 3).Open(hashes: true);

        Assert.HasCount(3, await reading.AnchorsAsync(new AnchorOccurrences(), default).ToListAsync());

        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), await reading.Sha256Async(default));
    }

    [TestMethod]
    public async Task AnchorsAsync_TextsThatComeAgain_HaveKeysOfTheirOwn()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("anchors.txt", "same\nother\nsame\n");
        await using var reading = new RunInputs(path, null).Open();

        var anchors = await reading.AnchorsAsync(new AnchorOccurrences(), default).ToListAsync();

        CollectionAssert.AreEqual(new KeyedAnchor[]
        {
            new(0, RowKey.Of("same"), 0, "same"), new(1, RowKey.Of("other"), 0, "other"), new(2, RowKey.Of("same", 1), 1, "same"),
        }, anchors);
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => reading.Sha256Async(default));
    }
}
