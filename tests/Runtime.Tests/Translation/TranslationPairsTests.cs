namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class TranslationPairsTests
{
    private const string Whole = """
        {
          "version": 1,
          "languages": { "eng_Latn": "English", "hau_Latn": "Hausa" },
          "defaults": {
            "prompt": { "kind": "chat", "template": "{source_language} to {target_language} ({source}, {target}): {text}" },
            "stop": ["\n"],
            "max_new_tokens": 64
          },
          "pairs": {
            "eng_Latn-hau_Latn": { "adapter": "hausa" },
            "eng_Latn-hin_Deva": {
              "adapter": "none", "prompt": { "kind": "text", "template": "{text} =>" }, "stop": [], "max_new_tokens": 9
            }
          }
        }
        """;

    [TestMethod]
    public void ToGeneration_ChatPair_IsAMessageWithEverythingInItsPlace()
    {
        var request = TranslationPairs.Parse(Whole).ToGeneration(Request("Say {target} and {text}.", "hau_Latn"));

        Assert.AreEqual("English to Hausa (eng_Latn, hau_Latn): Say {target} and {text}.", request.UserMessage);
        Assert.AreEqual("hausa", request.Adapter);
        Assert.AreEqual(64, request.MaxNewTokens);
        CollectionAssert.AreEqual(new[] { "\n" }, request.StopSequences.ToArray());
        Assert.IsFalse(request.Sampling!.DoSample);
        Assert.IsNull(request.Continuation);
        Assert.IsNull(request.Translation);
    }

    [TestMethod]
    public void ToGeneration_TextPair_IsContinuedByItsOwnWords()
    {
        var request = TranslationPairs.Parse(Whole).ToGeneration(Request("Good day.", "hin_Deva"));

        Assert.AreEqual("Good day. =>", request.Continuation);
        Assert.IsNull(request.Adapter);
        Assert.IsNull(request.UserMessage);
        Assert.IsEmpty(request.StopSequences);
        Assert.AreEqual(9, request.MaxNewTokens);
    }

    [TestMethod]
    public void ToGeneration_PairWithoutPrompt_IsReadByTheEncoder()
    {
        var table = new TranslationPairs().With(LanguagePair.Parse("eng_Latn-hau_Latn"), "hausa");

        var request = table.ToGeneration(Request("Good day.", "hau_Latn") with { MaxNewTokens = 7 });

        Assert.AreEqual(new TranslationSource("Good day.", "eng_Latn", "hau_Latn"), request.Translation);
        Assert.AreEqual("hausa", request.Adapter);
        Assert.AreEqual(7, request.MaxNewTokens);
    }

    [TestMethod]
    public void Route_UnknownPair_ListsThePairsTheNearestFirst()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => TranslationPairs.Parse(Whole).Route(LanguagePair.Parse("eng_Latn-hin_Latn")));

        StringAssert.Contains(e.Message, "eng_Latn-hin_Latn");
        StringAssert.Contains(e.Message, "eng_Latn-hau_Latn, eng_Latn-hin_Deva");
        StringAssert.Contains(e.Message, "base");
        var other = Assert.ThrowsExactly<ArgumentException>(
            () => TranslationPairs.Parse(Whole).Route(LanguagePair.Parse("eng_Latn-hin_Dev")));
        StringAssert.Contains(other.Message, "eng_Latn-hin_Deva, eng_Latn-hau_Latn");
    }

    [TestMethod]
    public void Route_UnknownPairWithFallback_IsTheBaseModelWithTheDefaults()
    {
        var table = TranslationPairs.Parse(
            Whole.Replace("\"version\": 1,", "\"version\": 1, \"fallback\": \"base\",", StringComparison.Ordinal));

        var route = table.Route(LanguagePair.Parse("deu_Latn-yor_Latn"));

        Assert.IsNull(route.Adapter);
        Assert.AreEqual(64, route.MaxNewTokens);
        Assert.AreEqual(TranslationPromptKind.Chat, route.Prompt!.Kind);
    }

    [TestMethod]
    public void ToJson_ReadAgain_IsTheSameTable()
    {
        var table = TranslationPairs.Parse(Whole);

        var again = TranslationPairs.Parse(table.ToJson());

        Assert.AreEqual(table.ToJson(), again.ToJson());
        var pair = LanguagePair.Parse("eng_Latn-hin_Deva");
        Assert.AreEqual(table.Routes[pair].Prompt, again.Routes[pair].Prompt);
        Assert.AreEqual("Hausa", again.Languages["hau_Latn"]);
        Assert.IsFalse(again.FallsBackToBase);
    }

    [TestMethod]
    [DataRow("""{ "pairs": {} }""", "version is absent")]
    [DataRow("""{ "version": 1, "pair": {} }""", "pair is no field")]
    [DataRow("""{ "version": 1, "fallback": "none" }""", "fallback is \"none\"")]
    [DataRow("""{ "version": 1, "pairs": { "eng_Latn-hau_Latn": {} } }""", "pairs.eng_Latn-hau_Latn.adapter is absent")]
    [DataRow("""{ "version": 1, "pairs": { "eng_Latn-hau_Latn": { "adapter": " " } } }""", "adapter is \" \"")]
    [DataRow("""{ "version": 1, "pairs": { "a-b": { "adapter": "a", "stops": [] } } }""", "pairs.a-b.stops is no")]
    [DataRow("""{ "version": 1, "pairs": { "eng_Latn": { "adapter": "a" } } }""", "\"eng_Latn\"")]
    [DataRow("""{ "version": 1, "pairs": { "eng_Latn-eng_Latn": { "adapter": "a" } } }""", "\"eng_Latn-eng_Latn\"")]
    [DataRow("""{ "version": 1, "pairs": { "a-b-c": { "adapter": "a" } } }""", "\"a-b-c\"")]
    [DataRow("""{ "version": 1, "pairs": { "a-b": null } }""", "pairs.a-b")]
    [DataRow("""{ "version": 1, "pairs": [] }""", "pairs is []")]
    [DataRow("""{ "version": 1, "defaults": { "adapter": "a" } }""", "defaults.adapter is no field")]
    [DataRow("""{ "version": 1, "defaults": { "stop": [""] } }""", "defaults.stop")]
    [DataRow("""{ "version": 1, "defaults": { "max_new_tokens": 0 } }""", "defaults.max_new_tokens is 0")]
    [DataRow("""{ "version": 1, "defaults": { "prompt": { "kind": "chat", "template": "Translate." } } }""", "defaults.prompt.template")]
    [DataRow("""{ "version": 1, "defaults": { "prompt": { "kind": "chat", "template": "" } } }""", "{text}")]
    [DataRow("""{ "version": 1, "defaults": { "prompt": { "kind": "chat", "template": "{lang}: {text}" } } }""", "{lang}")]
    [DataRow("""{ "version": 1, "defaults": { "prompt": { "kind": "alpaca", "template": "{text}" } } }""", "\"chat\" or \"text\"")]
    [DataRow("""{ "version": 1, "defaults": { "prompt": { "kind": "chat" } } }""", "defaults.prompt.template is absent")]
    [DataRow("""{ "version": 1, "languages": { "eng_Latn": "" } }""", "languages.eng_Latn")]
    [DataRow("[]", "expected an object")]
    [DataRow("{", "not valid JSON")]
    public void Read_WhatIsWrong_IsRefusedWithItsFileAndField(string json, string said)
    {
        using var folder = new TemporaryFolder();
        folder.Write("pairs.json", json);

        var e = Assert.ThrowsExactly<InvalidDataException>(() => TranslationPairs.Read(folder.File("pairs.json")));

        StringAssert.Contains(e.Message, said);
        StringAssert.Contains(e.Message, "pairs.json");
    }

    [TestMethod]
    public void Read_LaterVersion_IsRefusedAsUnknown()
    {
        using var folder = new TemporaryFolder();
        folder.Write("pairs.json", """{ "version": 2, "routes": {} }""");

        var e = Assert.ThrowsExactly<NotSupportedException>(() => TranslationPairs.Read(folder.File("pairs.json")));

        StringAssert.Contains(e.Message, "version is 2");
    }

    private static TranslationRequest Request(string text, string target) =>
        new() { RowId = 3, Text = text, SourceLanguage = "eng_Latn", TargetLanguage = target };
}
