using System.Text.Json;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Files of texts through a model that reads with an encoder, each pair by its adapter.</summary>
[TestClass]
public sealed class TranslationJobTests
{
    private static readonly TranslationPairs Pairs = new TranslationPairs { FallsBackToBase = true }
        .With(LanguagePair.Parse("eng_Latn-hin_Deva"), "eng_Latn-hin_Deva")
        .With(LanguagePair.Parse("eng_Latn-hau_Latn"), "eng_Latn-hau_Latn");

    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    public async Task RunAsync_SeveralTargets_GivesWhatEachTextGivesAlone(int beams)
    {
        using var folder = new TemporaryFolder();
        string[] texts = ["The farmer carries water.", "", "A teacher reads books in the morning.", "The farmer carries water."];
        folder.Write("texts.txt", string.Join('\n', texts) + "\n");
        await using var model = XlLoraModel.Load(NllbReference.Folder, new XlLoraModelOptions { NumBeams = beams });

        var report = await TranslationJob.RunAsync(model, Job(folder, "run"));

        Assert.IsEmpty(report.Rejected, string.Join(' ', report.RejectedRows.Select(r => r.Error)));
        var lines = File.ReadAllLines(folder.File("run/translations.jsonl")).Select(l => JsonElement.Parse(l)).ToArray();
        Assert.HasCount(texts.Length, lines);
        var translator = model.AsTranslator(Pairs);
        foreach (var (text, line) in texts.Zip(lines))
        {
            foreach (var target in (string[])["hin_Deva", "hau_Latn", "spa_Latn"])
            {
                var alone = await translator.TranslateAsync([new()
                {
                    RowId = 0, Text = text, SourceLanguage = "eng_Latn", TargetLanguage = target, MaxNewTokens = 24,
                }]).SingleAsync();
                Assert.AreEqual(alone.Text, line.GetProperty(target).GetString());
            }
        }
        var recorded = RecordedRun.Read(folder.File("run"))!;
        Assert.AreEqual(beams, recorded.ModelOptions.NumBeams);
        var other = await Assert.ThrowsExactlyAsync<InvalidDataException>(async () =>
        {
            await using var another = XlLoraModel.Load(NllbReference.Folder, new XlLoraModelOptions { NumBeams = beams + 1 });
            await TranslationJob.RunAsync(another, Job(folder, "run"));
        });
        StringAssert.Contains(other.Message, "strategy.search");
    }

    [TestMethod]
    public async Task RunAsync_LanguageOrPromptThatTheModelDoesNotHave_IsRefusedBeforeTheFirstText()
    {
        using var folder = new TemporaryFolder();
        folder.Write("texts.txt", "one\n");
        await using var model = XlLoraModel.Load(NllbReference.Folder);
        var told = Pairs with { Defaults = new() { Prompt = new(TranslationPromptKind.Chat, "{text}") } };

        var language = await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => TranslationJob.RunAsync(model, Job(folder, "run") with { TargetLanguages = ["hau_Latm"] }));
        var prompt = Assert.ThrowsExactly<ArgumentException>(() => model.AsTranslator(told));

        StringAssert.Contains(language.Message, "hau_Latm");
        StringAssert.Contains(language.Message, "hau_Latn");
        StringAssert.Contains(prompt.Message, "no prompt");
        Assert.IsFalse(Directory.Exists(folder.File("run")));
    }

    [TestMethod]
    public async Task TranslateAsync_TextLongerThanTheEncoder_IsARejectedRow()
    {
        await using var model = XlLoraModel.Load(NllbReference.Folder);

        var result = await model.AsTranslator(Pairs).TranslateAsync([new()
        {
            RowId = 0, Text = string.Concat(Enumerable.Repeat("The farmer carries water. ", 500)), SourceLanguage = "eng_Latn",
            TargetLanguage = "hau_Latn",
        }]).SingleAsync();

        Assert.AreEqual(RejectionKind.TooLong, result.RejectionKind);
        StringAssert.Contains(result.Error, "tokens");
    }

    private static TranslationJobOptions Job(TemporaryFolder folder, string output) => new()
    {
        Input = folder.File("texts.txt"),
        Output = folder.File(output),
        SourceLanguage = "eng_Latn",
        TargetLanguages = ["hin_Deva", "hau_Latn", "spa_Latn"],
        Pairs = Pairs,
        MaxNewTokens = 24,
        KeepUnfinished = true,
    };
}
