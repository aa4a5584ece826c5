namespace XlLoraOnnx.Parity.Tests;

/// <summary>Texts as FLARE's code gave them to the model: the inputs that were recorded.</summary>
[TestClass]
public sealed class TaskEncodingTests
{
    private static readonly (TaskText Source, TaskText Target)[] Inference =
    [
        (new("He sells fresh bread.", "The film was boring."), new("Él vende pan fresco.", "La película fue aburrida.")),
        (new("Please close the door.", "The window is broken."), new("कृपया दरवाज़ा बंद करें।", "खिड़की टूटी हुई है।")),
        (new("You speak too fast.", "It will be cold tomorrow."), new("Kana magana da sauri sosai.", "Gobe za a yi sanyi.")),
    ];

    // the second and the last are longer than what is read
    private static readonly (TaskText Source, TaskText Target)[] Questions =
    [
        (new("What does the farmer plant?", "The farmer plants maize in May. The price of rice went up."),
            new("¿Qué siembra el agricultor?", "El agricultor siembra maíz en mayo. El precio del arroz subió.")),
        (new("Where do the birds sit?", "Two birds sit on the roof. The window is broken."),
            new("पक्षी कहाँ बैठे हैं?", "दो पक्षी छत पर बैठे हैं। खिड़की टूटी हुई है।")),
        (new("When does the doctor work?", "The doctor works at night. Nobody was at the office."),
            new("Yaushe likita yake aiki?", "Likita yana aiki da dare. Babu kowa a ofis.")),
        (new("What is asked for?", "Where is the train station? The river is high after the rain. She wrote a letter to her mother. The market "
            + "opens at eight. The children play near the school."),
            new("Wonach wird gefragt?", "Wo ist der Bahnhof? Der Fluss ist nach dem Regen hoch. Sie schrieb ihrer Mutter einen Brief. Der Markt "
            + "öffnet um acht. Die Kinder spielen bei der Schule.")),
    ];

    [TestMethod]
    [DataRow("add_relu", "task", "xnli")]
    [DataRow("qa", "qa-task", "tydiqa")]
    public void Encode_RecordedTexts_GivesTheRecordedIds(string run, string taskRun, string task)
    {
        using var folder = new TemporaryFolder();
        var manifest = ModelManifest.Read(FlareExports.Export(run, folder, taskRun));
        using var reference = new FusionReference(FlareExports.Recorded(run, "expected.safetensors"), manifest);
        var tokenizer = XlLoraOnnx.Tokenizers.XlLoraTokenizer.Load(FlareExports.Base);
        var target = reference.Rows("input_ids_target", "attention_mask_target");
        var encoding = new TaskEncoding(tokenizer, manifest.Flare!, task, target.Length);
        var rows = task == "xnli" ? Inference : Questions;

        for (var i = 0; i < rows.Length; i++)
        {
            AssertIds(reference.Rows("input_ids_source", "attention_mask_source"), i, encoding.Encode(rows[i].Source));
            AssertIds(target, i, encoding.Encode(rows[i].Target));
            AssertIds(reference.Rows("both.input_ids", "both.attention_mask"), i, encoding.Encode(rows[i].Target, rows[i].Source));
        }
        Assert.AreEqual(task == "tydiqa", encoding.Encode(rows[^1].Target).IsCut);
    }

    [TestMethod]
    public void Encode_Passage_KnowsWhereItsTokensStandInTheContext()
    {
        var facts = new FlareFacts { Head = "question_answering", Labels = 2, Source = "model" };
        var encoding = new TaskEncoding(XlLoraOnnx.Tokenizers.XlLoraTokenizer.Load(FlareExports.Base), facts, "tydiqa", 30);
        var (question, context) = (Questions[0].Target.First, Questions[0].Target.Second!);

        var encoded = encoding.Encode(Questions[0].Target);

        Assert.HasCount(30, encoded.Ids);
        Assert.IsTrue(encoded.IsCut, question);
        Assert.HasCount(encoded.Context.End.Value - encoded.Context.Start.Value, encoded.Offsets);
        // the left end was cut off
        Assert.AreEqual(context.Length, encoded.Offsets[^1].End);
        Assert.IsGreaterThan(0, encoded.Offsets[0].Start);
    }

    private static void AssertIds(EncoderRows recorded, int row, EncodedTask encoded) => CollectionAssert.AreEqual(
        recorded.Alone(row).InputIds, encoded.Ids.Select(id => (long)id).ToArray(), $"row {row}");
}
