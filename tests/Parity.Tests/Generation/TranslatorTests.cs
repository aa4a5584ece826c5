using Microsoft.Extensions.DependencyInjection;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Translation with a decoder: the adapters of the demonstration stand for two pairs of languages.</summary>
[TestClass]
public sealed class TranslatorTests
{
    private const string Json = """
        {
          "version": 1,
          "languages": { "deu_Latn": "German", "eng_Latn": "English", "hau_Latn": "Hausa" },
          "defaults": { "prompt": { "kind": "chat", "template": "{source_language} to {target_language}: {text}" }, "max_new_tokens": 24 },
          "fallback": "base",
          "pairs": {
            "deu_Latn-eng_Latn": { "adapter": "pos" },
            "deu_Latn-hau_Latn": { "adapter": "neg", "prompt": { "kind": "text", "template": "{text} =>" }, "stop": ["."] }
          }
        }
        """;

    [TestMethod]
    [DataRow(TextEngine.Continuous)]
    [DataRow(TextEngine.GenAi)]
    public async Task TranslateAsync_PairsInOneBatch_EqualEachRowAlone(TextEngine engine)
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo, new XlLoraModelOptions
        {
            Engine = engine,
            GenAi = new GenAiTextGeneratorFactory(),
            Slots = engine == TextEngine.Continuous ? 5 : null,
        });
        var translator = model.AsTranslator(TranslationPairs.Parse(Json));
        var requests = Requests();

        var together = await translator.TranslateAsync(requests).ToDictionaryAsync(r => r.RowId);

        Assert.HasCount(requests.Count, together);
        foreach (var request in requests)
        {
            var alone = await translator.TranslateAsync([request]).SingleAsync();
            Assert.AreEqual(alone, together[request.RowId]);
        }
        Assert.AreEqual(requests.Count / 3, together.Values.Count(r => r.Adapter == "neg"));
        Assert.IsGreaterThan(requests.Count / 2, together.Values.Select(r => r.Text).Distinct().Count());
        Assert.IsTrue(together.Values.Where(r => r.Adapter == "neg").All(r => !r.Text.Contains('.', StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task TranslateAsync_BaseAdapterBase_IsTheSameBefore_AndAfter()
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo);
        var translator = model.AsTranslator(TranslationPairs.Parse(Json));
        var of = Requests().ToLookup(r => r.TargetLanguage);

        var before = await translator.TranslateAsync(of["yor_Latn"]).OrderBy(r => r.RowId).ToArrayAsync();
        var between = await translator.TranslateAsync(of["eng_Latn"]).ToArrayAsync();
        var after = await translator.TranslateAsync(of["yor_Latn"]).OrderBy(r => r.RowId).ToArrayAsync();

        CollectionAssert.AreEqual(before, after);
        Assert.IsTrue(between.All(r => r.Adapter == "pos"));
    }

    [TestMethod]
    public async Task TranslateAsync_TextLongerThanTheModel_IsARejectedRow()
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo);

        var result = await model.AsTranslator(TranslationPairs.Parse(Json)).TranslateAsync([new()
        {
            RowId = 0, Text = string.Concat(Enumerable.Repeat("Der Fischer trägt Holz. ", 2000)), SourceLanguage = "deu_Latn",
            TargetLanguage = "eng_Latn",
        }]).SingleAsync();

        Assert.AreEqual(RejectionKind.TooLong, result.RejectionKind);
        StringAssert.Contains(result.Error, "tokens");
    }

    [TestMethod]
    public void Translator_PairsThatTheModelCannotDo_AreRefusedBeforeTheFirstText()
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo);

        var silent = Assert.ThrowsExactly<ArgumentException>(
            () => model.AsTranslator(new TranslationPairs().With(LanguagePair.Parse("deu_Latn-eng_Latn"), "pos")));
        var nothing = Assert.ThrowsExactly<ArgumentException>(() => model.AsTranslator());
        var missing = Assert.ThrowsExactly<ArgumentException>(
            () => model.AsTranslator(TranslationPairs.Parse(Json).With(LanguagePair.Parse("deu_Latn-eng_Latn"), "hausa")));

        StringAssert.Contains(silent.Message, "deu_Latn-eng_Latn has no prompt");
        StringAssert.Contains(nothing.Message, "defaults.prompt");
        StringAssert.Contains(missing.Message, "\"hausa\" of deu_Latn-eng_Latn");
    }

    [TestMethod]
    public async Task AddXlLoraTranslator_OverTheModelOfTheServices_TranslatesAsTheModelDoes()
    {
        var services = new ServiceCollection();
        services.AddXlLoraModel(ExportedModels.Demo);
        services.AddXlLoraTranslator(TranslationPairs.Parse(Json));
        await using var provider = services.BuildServiceProvider();
        const string Text = "Der Fischer trägt Holz.";

        var translated = await provider.GetRequiredService<ITranslator>().TranslateAsync(Text, "deu_Latn", "eng_Latn");

        var model = provider.GetRequiredService<XlLoraModel>();
        Assert.AreEqual(await model.AsTranslator(TranslationPairs.Parse(Json)).TranslateAsync(Text, "deu_Latn", "eng_Latn"), translated);
        Assert.AreNotEqual("", translated);
    }

    private static List<TranslationRequest> Requests()
    {
        string[] texts =
        [
            "Der Fischer trägt Holz.", "Die Lehrerin verkauft Brot auf dem Markt.", "Ein Kind liest.", "Der Koch bringt Wasser in das Dorf.",
        ];
        return [.. texts.SelectMany((text, i) => new[] { "eng_Latn", "hau_Latn", "yor_Latn" }.Select((target, t) => new TranslationRequest
        {
            RowId = 3 * i + t, Text = text, SourceLanguage = "deu_Latn", TargetLanguage = target,
        }))];
    }
}
