namespace XlLoraOnnx.Tokenizers.Tests;

[TestClass]
public sealed class TokenizationJobTests
{
    [TestMethod]
    public async Task RunAsync_Texts_AreEncodedInOrder()
    {
        using var file = TokenizerFile.Letters();

        var texts = await RunAsync(file.Load(), "a b", "c", "");

        Assert.AreEqual("[C] a b [S]|[C] c [S]|[C] [S]", string.Join('|', texts.Select(t => string.Join(' ', t.Tokens))));
        CollectionAssert.AreEqual(new[] { 1, 4, 5, 2 }, texts[0].Ids.ToArray());
        Assert.AreEqual("[C] a b [S]", texts[0].Decoded, "no token of this file is marked as special");
    }

    [TestMethod]
    public async Task RunAsync_TokenizerWithoutSpecialTokens_IsFollowed()
    {
        using var file = TokenizerFile.Letters();

        var texts = await RunAsync(file.Load().WithSpecialTokens(false), "a b", "");

        CollectionAssert.AreEqual(new[] { "a", "b" }, texts[0].Tokens.ToArray());
        Assert.IsEmpty(texts[1].Ids);
    }

    [TestMethod]
    public async Task RunAsync_TextThatCannotBeRead_ComesAfterThoseBeforeIt()
    {
        using var file = TokenizerFile.Letters();
        var texts = TokenizationJob.RunAsync(file.Load(), Input(TextsThenError())).GetAsyncEnumerator();

        Assert.IsTrue(await texts.MoveNextAsync());
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => texts.MoveNextAsync().AsTask());
        Assert.AreEqual("line 2", e.Message);
        await texts.DisposeAsync();
    }

    private static async IAsyncEnumerable<string> TextsThenError()
    {
        yield return "a";
        await Task.Yield();
        throw new InvalidDataException("line 2");
    }

    private static TextInput Input(IAsyncEnumerable<string> texts) => new()
    {
        Name = "the input",
        Identity = new Dictionary<string, string>(),
        Read = _ => texts,
    };

    private static async Task<List<TokenizedText>> RunAsync(XlLoraTokenizer tokenizer, params string[] input)
    {
        List<TokenizedText> texts = [];
        await foreach (var text in TokenizationJob.RunAsync(tokenizer, Input(input.ToAsyncEnumerable())))
            texts.Add(text);
        return texts;
    }
}
