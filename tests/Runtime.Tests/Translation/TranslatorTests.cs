using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class TranslatorTests
{
    private static readonly TranslationPairs Pairs = new TranslationPairs()
        .With(LanguagePair.Parse("eng_Latn-hau_Latn"), "pos").With(LanguagePair.Parse("eng_Latn-hin_Deva"), "neg");

    [TestMethod]
    public async Task TranslateAsync_RowsOfSeveralPairs_GoTogetherEachWithItsAdapter()
    {
        using var generator = Generator();

        var results = await new Translator(generator, Pairs)
            .TranslateAsync([Row(7, "one", "hau_Latn"), Row(8, "two", "hin_Deva"), Row(9, "three", "hau_Latn")])
            .ToDictionaryAsync(r => r.RowId);

        Assert.HasCount(1, generator.Calls);
        Assert.AreEqual("pos: one in hau_Latn", results[7].Text);
        Assert.AreEqual("neg: two in hin_Deva", results[8].Text);
        Assert.AreEqual("neg", results[8].Adapter);
        Assert.AreEqual(new LanguagePair("eng_Latn", "hau_Latn"), results[9].Pair);
        Assert.AreEqual(5, results[9].TokenCount);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(" \n")]
    public async Task TranslateAsync_BlankText_StaysBlankAndAsksNothing(string text)
    {
        using var generator = Generator();

        var result = await new Translator(generator, Pairs).TranslateAsync([Row(0, text, "hau_Latn")]).SingleAsync();

        Assert.AreEqual("", result.Text);
        Assert.AreEqual(FinishReason.Stop, result.FinishReason);
        Assert.IsEmpty(generator.Calls);
    }

    [TestMethod]
    public async Task TranslateAsync_TextLongerThanTheModel_IsARejectedRowAndTheOthersGoOn()
    {
        using var generator = Generator();

        var results = await new Translator(generator, Pairs)
            .TranslateAsync([Row(0, "long", "hau_Latn"), Row(1, "short", "hau_Latn")]).ToDictionaryAsync(r => r.RowId);

        Assert.AreEqual(RejectionKind.TooLong, results[0].RejectionKind);
        StringAssert.Contains(results[0].Error, "tokens");
        Assert.AreEqual("pos: short in hau_Latn", results[1].Text);
    }

    [TestMethod]
    public void TranslateAsync_UnknownPairOrAdapterOrTwoRowsOfOneId_RunsNothing()
    {
        using var generator = Generator();
        var translator = new Translator(generator, Pairs.With(LanguagePair.Parse("eng_Latn-yor_Latn"), "yoruba"));

        var pair = Assert.ThrowsExactly<ArgumentException>(
            () => translator.TranslateAsync([Row(0, "one", "hau_Latn"), Row(1, "two", "swh_Latn")]));
        var adapter = Assert.ThrowsExactly<ArgumentException>(() => translator.TranslateAsync([Row(0, "one", "yor_Latn")]));
        var twice = Assert.ThrowsExactly<ArgumentException>(
            () => translator.TranslateAsync([Row(4, "one", "hau_Latn"), Row(4, "two", "hau_Latn")]));

        StringAssert.Contains(pair.Message, "eng_Latn-swh_Latn");
        StringAssert.Contains(adapter.Message, "\"yoruba\" of eng_Latn-yor_Latn");
        StringAssert.Contains(adapter.Message, "neg, pos");
        StringAssert.Contains(twice.Message, "4");
        Assert.IsEmpty(generator.Calls);
    }

    [TestMethod]
    public async Task TranslateAsync_OneText_IsItsTranslationOrThrows()
    {
        using var generator = Generator();
        var translator = new Translator(generator, Pairs);

        Assert.AreEqual("pos: one in hau_Latn", await translator.TranslateAsync("one", "eng_Latn", "hau_Latn"));
        await Assert.ThrowsExactlyAsync<ArgumentException>(() => translator.TranslateAsync("long", "eng_Latn", "hau_Latn"));
    }

    [TestMethod]
    public async Task ChatClient_LastMessageOfTheUser_IsTranslated()
    {
        using var generator = Generator();
        using var client = new Translator(generator, Pairs).AsChatClient("eng_Latn", "hau_Latn");
        ChatMessage[] messages =
        [
            new(ChatRole.System, "You are kind."), new(ChatRole.User, "one"), new(ChatRole.Assistant, "x"), new(ChatRole.User, "two"),
        ];

        var answer = await client.GetResponseAsync(messages);
        var other = await client.GetResponseAsync(messages, new ChatOptions
        {
            AdditionalProperties = new() { [TranslatorChatClient.TargetLanguageProperty] = "hin_Deva" },
            MaxOutputTokens = 3,
        });

        Assert.AreEqual("pos: two in hau_Latn", answer.Text);
        Assert.AreEqual(5, answer.Usage!.OutputTokenCount);
        Assert.AreEqual(ChatFinishReason.Stop, answer.FinishReason);
        Assert.AreEqual("neg: two in hin_Deva", other.Text);
        Assert.AreEqual(3, generator.Calls[^1].Single().MaxNewTokens);
        Assert.IsInstanceOfType<Translator>(client.GetService(typeof(ITranslator)));
    }

    [TestMethod]
    public async Task ChatClient_WhatItCannotDo_IsRefusedByName()
    {
        using var generator = Generator();
        using var client = new Translator(generator, Pairs).AsChatClient("eng_Latn");

        var language = await Assert.ThrowsExactlyAsync<ArgumentException>(() => client.GetResponseAsync("one"));
        var options = await Assert.ThrowsExactlyAsync<NotSupportedException>(
            () => client.GetResponseAsync("one", new ChatOptions { Temperature = 0.5f, TopK = 3 }));
        var nobody = await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => client.GetResponseAsync([new ChatMessage(ChatRole.Assistant, "one")]));

        StringAssert.Contains(language.Message, TranslatorChatClient.TargetLanguageProperty);
        StringAssert.Contains(options.Message, "Temperature");
        StringAssert.Contains(options.Message, "TopK");
        StringAssert.Contains(nobody.Message, "user");
    }

    private static ScriptedGenerator Generator() => new(r => r.Translation!.Text == "long"
        ? ScriptedGenerator.Reject(r, RejectionKind.TooLong, "The text has 9 tokens; this model reads 8.")
        : ScriptedGenerator.Answer(r, $" {r.Adapter}: {r.Translation.Text} in {r.Translation.TargetLanguage}\n"));

    private static TranslationRequest Row(long id, string text, string target) =>
        new() { RowId = id, Text = text, SourceLanguage = "eng_Latn", TargetLanguage = target };
}
