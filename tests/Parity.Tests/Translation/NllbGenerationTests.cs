using System.Text.Json;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Translations of the continuous engine against those that transformers made, greedily and with four beams.</summary>
[TestClass]
public sealed class NllbGenerationTests
{
    /// <summary>Of the references, which count the code of the language among them.</summary>
    private const int MaxNewTokens = 24 - 1;

    private static readonly string[] Sentences =
        ["The cat sleeps under the table.", "Please close the door.", "She wrote a letter to her mother."];

    private static readonly string?[] Adapters = [null, .. NllbReference.Adapters];

    [TestMethod]
    public async Task Greedy_AllAdaptersAndLanguagesInOneBatch_TextsAreThoseOfTransformers()
    {
        await using var model = XlLoraModel.Load(NllbReference.Folder);

        var results = await Translate(model, AllRequests());

        var different = 0;
        foreach (var (request, result) in AllRequests().Zip(results))
        {
            var (margin, expected) = Recorded(request, "greedy");
            Assert.IsNull(result.Error, result.Error);
            if (margin > NllbReference.Tolerance)
                Assert.AreEqual(expected, result.Text, $"{request.Adapter ?? "base"}, {request.Translation!.TargetLanguage}");
            else
                different++;
        }
        Assert.IsLessThan(results.Count / 4, different, "rows whose margins are below the tolerance");
    }

    [TestMethod]
    public async Task Beams_AllAdaptersAndLanguagesInOneBatch_BestTextsAndScoresAreThoseOfTransformers()
    {
        await using var model = XlLoraModel.Load(NllbReference.Folder, new XlLoraModelOptions { NumBeams = 4 });

        var results = await Translate(model, AllRequests());

        var compared = 0;
        foreach (var (request, result) in AllRequests().Zip(results))
        {
            var (margin, expected) = Recorded(request, "beam");
            Assert.IsNull(result.Error, result.Error);
            Assert.HasCount(4, result.Hypotheses!);
            if (margin <= NllbReference.Tolerance)
                continue;
            compared++;
            Assert.AreEqual(expected, result.Text, $"{request.Adapter ?? "base"}, {request.Translation!.TargetLanguage}");
            using var reference = new NllbReference(request.Adapter);
            var score = reference.Floats(request.Translation!.TargetLanguage + ".beam_scores")[request.RowId % 3 * 4];
            Assert.AreEqual(score, result.Hypotheses![0].Score, NllbReference.Tolerance);
        }
        Assert.IsGreaterThan(results.Count * 3 / 4, compared);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    public async Task Rows_AloneAndInTheMixedBatch_AreTheSame(int beams)
    {
        var options = new XlLoraModelOptions { NumBeams = beams, Slots = 5 };
        await using var model = XlLoraModel.Load(NllbReference.Folder, options);
        var together = await Translate(model, AllRequests());

        foreach (var request in AllRequests())
        {
            var alone = (await Translate(model, [request]))[0];
            Assert.AreEqual(together[(int)request.RowId].Text, alone.Text);
            if (beams > 1)
                Assert.AreEqual(together[(int)request.RowId].Hypotheses![0].Score, alone.Hypotheses![0].Score, 1e-5);
        }
    }

    [TestMethod]
    public async Task Switch_ToAnAdapterAndBack_BaseIsTheSameBitForBit()
    {
        await using var model = XlLoraModel.Load(NllbReference.Folder, new XlLoraModelOptions { NumBeams = 4, MaxResidentAdapters = 1 });
        var of = AllRequests().GroupBy(r => r.Adapter ?? "").ToDictionary(g => g.Key, g => g.ToArray());

        var before = await Translate(model, of[""]);
        var adapted = await Translate(model, of["eng_Latn-hau_Latn"]);
        await Translate(model, of["eng_Latn-hin_Deva"]);
        var after = await Translate(model, of[""]);

        CollectionAssert.AreEqual(Bits(before), Bits(after));
        Assert.AreNotEqual(Bits(before)[0], Bits(adapted)[0]);
        Assert.AreEqual(2, model.Statistics.AdapterSwitches);
    }

    [TestMethod]
    [DataRow("hau", "eng_Latn", "hau_Latn")]
    [DataRow("eng_Latn", "hau_Latin", "hau_Latn")]
    public async Task Translate_UnknownLanguage_IsRefusedWithTheNearest(string from, string to, string nearest)
    {
        await using var model = XlLoraModel.Load(NllbReference.Folder);

        var result = (await Translate(model, [Request(0, Sentences[0], to, null) with
        {
            Translation = new TranslationSource(Sentences[0], from, to),
        }]))[0];

        Assert.AreEqual(RejectionKind.Invalid, result.RejectionKind);
        StringAssert.Contains(result.Error, nearest);
    }

    [TestMethod]
    public async Task Translate_TextLongerThanTheModel_IsRefusedAndOthersGoOn()
    {
        await using var model = XlLoraModel.Load(NllbReference.Folder);
        var tooLong = string.Join(' ', Enumerable.Repeat(Sentences[2], 200));

        var results = await Translate(model, [Request(0, tooLong, "hau_Latn", null), Request(1, Sentences[0], "hau_Latn", null)]);

        Assert.AreEqual(RejectionKind.TooLong, results[0].RejectionKind);
        StringAssert.Contains(results[0].Error, "1,024");
        Assert.AreEqual("", results[1].Error ?? "");
    }

    [TestMethod]
    public async Task Generate_MessageForAModelThatTranslates_IsRefused()
    {
        await using var model = XlLoraModel.Load(NllbReference.Folder);

        var result = (await Translate(model, [new GenerationRequest { RowId = 0, UserMessage = "Hello." }]))[0];

        Assert.AreEqual(RejectionKind.Invalid, result.RejectionKind);
        StringAssert.Contains(result.Error, "set Translation");
    }

    [TestMethod]
    public void Load_BeamsForADecoderAlone_IsRefused()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(
            () => XlLoraModel.Load(ExportedModels.Demo, new XlLoraModelOptions { NumBeams = 4 }));

        StringAssert.Contains(error.Message, "NumBeams");
    }

    /// <summary>Row ids are places in the list; three sentences follow one another.</summary>
    private static List<GenerationRequest> AllRequests()
    {
        var rows = from adapter in Adapters
                   from language in NllbReference.Languages
                   from sentence in Sentences
                   select (adapter, language, sentence);
        return [.. rows.Select((row, i) => Request(i, row.sentence, row.language, row.adapter))];
    }

    private static GenerationRequest Request(int row, string text, string language, string? adapter) => new()
    {
        RowId = row,
        Translation = new TranslationSource(text, "eng_Latn", language),
        Adapter = adapter,
        MaxNewTokens = MaxNewTokens,
    };

    private static async Task<List<GenerationResult>> Translate(XlLoraModel model, IEnumerable<GenerationRequest> requests)
    {
        var results = await model.GenerateAsync(requests).ToListAsync();
        return [.. results.OrderBy(r => r.RowId)];
    }

    private static string[] Bits(IEnumerable<GenerationResult> results) => [.. results.Select(r => r.Text + " " + string.Join(' ',
        r.Hypotheses!.Select(h => BitConverter.DoubleToInt64Bits(h.Score))))];

    /// <summary>The smallest distance by which something could have gone the other way, and the text.</summary>
    /// <param name="way"><c>greedy</c> or <c>beam</c>.</param>
    private static (double Margin, string Text) Recorded(GenerationRequest request, string way)
    {
        using var reference = new NllbReference(request.Adapter);
        var (language, row) = (request.Translation!.TargetLanguage, (int)request.RowId % Sentences.Length);
        var margins = reference.Floats($"{language}.{way}_margin").Chunk((int)reference.Shape($"{language}.{way}_margin")[1]).ToArray();
        using var texts = JsonDocument.Parse(File.ReadAllText(NllbReference.Recorded(request.Adapter, "texts.json")));
        var index = way == "beam" ? row * 4 : row;
        return (margins[row].Min(), texts.RootElement.GetProperty(language).GetProperty(way)[index].GetString()!);
    }
}
