using System.Text;

namespace XlLoraOnnx.Tokenizers.Tests;

[TestClass]
public sealed class TokenizationJobTests
{
    [TestMethod]
    public void Run_Lines_AreEncodedInOrderAndBlankOnesLeftOut()
    {
        using var file = TokenizerFile.Letters();

        var texts = Run(file.Load(), "\uFEFF{\"text\": \"a b\"}\n\n  \r\n{\"id\": 7, \"text\": \"c\"}\r\n{\"text\": \"\"}");

        Assert.AreEqual("[C] a b [S]|[C] c [S]|[C] [S]", string.Join('|', texts.Select(t => string.Join(' ', t.Tokens))));
        CollectionAssert.AreEqual(new[] { 1, 4, 5, 2 }, texts[0].Ids.ToArray());
        Assert.AreEqual("[C] a b [S]", texts[0].Decoded, "no token of this file is marked as special");
    }

    [TestMethod]
    public void Run_TokenizerWithoutSpecialTokens_IsFollowed()
    {
        using var file = TokenizerFile.Letters();

        var texts = Run(file.Load().WithSpecialTokens(false), "{\"text\": \"a b\"}\n{\"text\": \"\"}");

        CollectionAssert.AreEqual(new[] { "a", "b" }, texts[0].Tokens.ToArray());
        Assert.IsEmpty(texts[1].Ids);
    }

    [TestMethod]
    public void Run_EscapedHalfOfAPair_CountsAsTheReplacementCharacter()
    {
        var gemma = ReferenceTokenizers.Load("gemma");

        var texts = Run(gemma, "{\"text\": \"a\\uD83Db\"}\n{\"text\": \"a\\uFFFDb\"}\n{\"text\": \"\\uD83D\\uDE00\"}");

        CollectionAssert.AreEqual(texts[1].Ids.ToArray(), texts[0].Ids.ToArray());
        Assert.AreEqual("😀", texts[2].Decoded);
    }

    [TestMethod]
    [DataRow("[1]", "the input, line 2 is a JSON Array; each line must be an object with a string \"text\"")]
    [DataRow("{}", "the input, line 2 has no field \"text\"")]
    [DataRow("{\"text\": 1}", "the input, line 2: \"text\" is a JSON Number; it must be a string")]
    [DataRow("{\"text\": null}", "the input, line 2: \"text\" is a JSON Null; it must be a string")]
    [DataRow("{\"text\": ", "the input, line 2 is not valid JSON")]
    [DataRow("text", "the input, line 2 is not valid JSON")]
    public void Run_MalformedLine_IsNamedAfterTheLinesBeforeIt(string line, string message)
    {
        using var file = TokenizerFile.Letters();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("{\"text\": \"a\"}\n" + line));
        using var texts = TokenizationJob.Run(file.Load(), stream, "the input").GetEnumerator();

        Assert.IsTrue(texts.MoveNext());
        var e = Assert.ThrowsExactly<InvalidDataException>(() => texts.MoveNext());
        StringAssert.Contains(e.Message, message);
    }

    [TestMethod]
    public void Run_BytesThatAreNoUtf8_AreRefused()
    {
        using var file = TokenizerFile.Letters();
        using var stream = new MemoryStream([.. "{\"text\": \""u8, 0xC3, .. "\"}"u8]);

        var e = Assert.ThrowsExactly<InvalidDataException>(() => TokenizationJob.Run(file.Load(), stream, "the input").ToList());

        StringAssert.Contains(e.Message, "the input, line 1 is not UTF-8");
    }

    private static List<TokenizedText> Run(XlLoraTokenizer tokenizer, string input)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(input));
        return [.. TokenizationJob.Run(tokenizer, stream, "the input")];
    }
}
