using System.Text.Json.Nodes;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>Texts and patterns that are made to take for ever.</summary>
[TestClass]
public sealed class HostileTextTests
{
    private const int Length = 1_000_000;
    // A guard against hanging, no measurement.
    private const int Hang = 120_000;

    [TestMethod]
    [Timeout(Hang, CooperativeCancellation = false)]
    [DataRow("gemma")]
    [DataRow("llama")]
    [DataRow("bert")]
    [DataRow("xlmr")]
    public void EncodeToIds_AMegabyteOfOneCharacter_TakesLinearTime(string name)
    {
        var tokenizer = name == "xlmr"
            ? XlLoraTokenizer.Load(Path.Combine(Repository.Root, "onnx-models", "demo-encoder"))
            : XlLoraTokenizer.Load(Repository.Data("tokenizers", name));
        foreach (var c in "a \u0301\né한\uFDFA▁<\0\uD800")
        {
            tokenizer.EncodeToIds(new string(c, Length));
        }
    }

    [TestMethod]
    [Timeout(Hang, CooperativeCancellation = false)]
    public void EncodeToIds_LongMerges_TakeNLogN()
    {
        // Every two of a power of two merge: the whole text is one piece, and nothing can be cut.
        var (vocab, merges) = (new JsonObject(), new JsonArray());
        for (var (i, piece) = (0, "a"); i < 16; i++, piece += piece)
        {
            vocab[piece] = i;
            if (i < 15)
                merges.Add(new JsonArray(piece, piece));
        }
        using var file = new TokenizerFile(new JsonObject
        {
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocab, ["merges"] = merges },
        }.ToJsonString());
        var tokenizer = file.Load();

        var ids = tokenizer.EncodeToIds(new string('a', Length));

        Assert.HasCount(Length / 32768 + int.PopCount(Length % 32768), ids);
    }

    [TestMethod]
    [Timeout(Hang, CooperativeCancellation = false)]
    public void EncodeToIds_PatternThatBacktracksWithoutEnd_IsAnErrorAndNoHang()
    {
        using var file = new TokenizerFile(TokenizerFile.Bpe());
        file.Json["pre_tokenizer"] = JsonNode.Parse(
            """{"type": "Split", "pattern": {"Regex": "(?=((a+)+)$)(a+)+c"}, "behavior": "Isolated", "invert": false}""");
        var tokenizer = file.Load();

        var e = Assert.ThrowsExactly<NotSupportedException>(() => tokenizer.EncodeToIds(new string('a', 5000) + "b"));

        StringAssert.Contains(e.Message, "(a+)+c");
    }

    [TestMethod]
    [Timeout(Hang, CooperativeCancellation = false)]
    public void EncodeToIds_ExponentialPatternWithoutLookAround_RunsInLinearTime()
    {
        using var file = new TokenizerFile(TokenizerFile.Bpe());
        file.Json["pre_tokenizer"] = JsonNode.Parse(
            """{"type": "Split", "pattern": {"Regex": "(a+)+c"}, "behavior": "Isolated", "invert": false}""");

        Assert.HasCount(30_000, file.Load().EncodeToIds(new string('a', 30_000) + "b"));
    }

    [TestMethod]
    [Timeout(Hang, CooperativeCancellation = false)]
    public void EncodeToIds_TokensThatTakeInSpaceWithinSpace_TakeLinearTime()
    {
        using var file = TokenizerFile.Words("\n", rstrip: true, lstrip: true);

        Assert.HasCount(1, file.Load().EncodeToIds(new string('\n', Length)));
    }

    [TestMethod]
    [Timeout(Hang, CooperativeCancellation = false)]
    public void EncodeToIds_HalvesOfPairs_CountAsTheReplacementCharacter()
    {
        var tokenizer = XlLoraTokenizer.Load(Repository.Data("tokenizers", "gemma"));

        CollectionAssert.AreEqual(
            tokenizer.EncodeToIds("a\uFFFD\uFFFDb😀\uFFFD").ToArray(), tokenizer.EncodeToIds("a\uDE00\uD83Db😀\uD83D").ToArray());
    }
}
