namespace XlLoraOnnx.Parity.Tests;

/// <summary>Classes and answers of the recorded runs of FLARE.</summary>
[TestClass]
public sealed class TextClassifierTests
{
    private static readonly ClassificationRequest[] Requests =
    [
        new() { Text = new TaskText("Él vende pan fresco.", "La película fue aburrida."),
            Source = new TaskText("He sells fresh bread.", "The film was boring.") },
        new() { Text = new TaskText("कृपया दरवाज़ा बंद करें।", "खिड़की टूटी हुई है।"),
            Source = new TaskText("Please close the door.", "The window is broken.") },
        new() { Text = new TaskText("Él vende pan fresco.", "Él vende pan.") },
    ];

    [TestMethod]
    [DataRow("add_relu")]
    [DataRow("cross-attention")]
    public async Task Classify_InAnyBatch_GivesWhatTheRowAloneGives(string run)
    {
        using var folder = new TemporaryFolder();
        var model = FlareExports.Export(run, folder);
        using var classifier = TextClassifier.Load(model);
        using var single = TextClassifier.Load(model, new FusionOptions { TokensPerBatch = 1, MaxSourceBytes = 0 });

        var together = await classifier.ClassifyAsync(Requests);
        var alone = await single.ClassifyAsync(Requests);

        for (var i = 0; i < Requests.Length; i++)
        {
            Assert.AreEqual(alone[i].LabelName, together[i].LabelName);
            Assert.AreEqual(1, together[i].Probabilities.Sum(), 1e-5);
            foreach (var (a, b) in alone[i].Probabilities.Zip(together[i].Probabilities))
                Assert.AreEqual(a, b, 1e-5);
        }
        var without = await classifier.ClassifyAsync([Requests[0] with { Source = null }]);
        Assert.AreNotEqual(without[0].Probabilities[0], together[0].Probabilities[0], 1e-3f, "the source counts");
    }

    [TestMethod]
    public async Task Classify_ReleasedPadding_GivesWhatFlareGave()
    {
        using var folder = new TemporaryFolder();
        var model = FlareExports.Export("add_relu", folder);
        using var reference = new FusionReference(FlareExports.Recorded("add_relu", "expected.safetensors"), ModelManifest.Read(model));
        var target = reference.Rows("input_ids_target", "attention_mask_target");
        using var run = new FusionModel(model, new FusionOptions { Padding = FusionPadding.Released, MaxLength = target.Length });
        var rows = Enumerable.Range(0, target.Count).Select(i => new TaskRow(i,
            new EncodedTask(Ids("target", i), default, [], false), Ids("source", i), null)).ToArray();

        var logits = run.Run(run.Rows(rows, run.Width(rows)), ["logits"], null)[0];

        var expected = reference.Floats("logits");
        Assert.IsLessThan(1e-4, expected.Zip(logits, (a, b) => Math.Abs(a - b)).Max());

        int[] Ids(string side, int row)
        {
            var all = reference.Rows($"input_ids_{side}", $"attention_mask_{side}").Alone(row);
            return [.. all.InputIds.Select(id => (int)id)];
        }
    }

    [TestMethod]
    public async Task Answer_SpanHead_IsAPartOfTheContext()
    {
        using var folder = new TemporaryFolder();
        using var answerer = QuestionAnswerer.Load(FlareExports.Export("qa", folder, "qa-task"));
        const string Context = "El agricultor siembra maíz en mayo. El precio del arroz subió.";
        AnswerRequest request = new()
        {
            Question = "¿Qué siembra el agricultor?",
            Context = Context,
            Source = new TaskText("What does the farmer plant?", "The farmer plants maize in May. The price of rice went up."),
        };

        var answer = (await answerer.AnswerAsync([request]))[0];

        Assert.AreEqual(Context.Substring(answer.Start!.Value, answer.Text.Length), answer.Text);
        Assert.IsGreaterThan(0, answer.Score!.Value);
        Assert.IsFalse(answer.IsTruncated);
    }

    [TestMethod]
    public async Task Load_OrRequest_ThatDoesNotFit_IsOneMessage()
    {
        using var folder = new TemporaryFolder();
        var model = FlareExports.Export("add_relu", folder);
        using var classifier = TextClassifier.Load(model);

        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => QuestionAnswerer.Load(model)).Message, "xnli");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => TextClassifier.Load(model, new FusionOptions { Labels = ["yes", "no"] })).Message, "3 classes");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => TextClassifier.Load(model, new FusionOptions { MaxLength = 100_000 })).Message, "the model reads");
        StringAssert.Contains((await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => classifier.ClassifyAsync([new() { Text = new TaskText("alone") }]))).Message, "hypothesis");
        StringAssert.Contains((await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => classifier.ClassifyAsync([Requests[0] with { Adapter = "other" }]))).Message, "'other'");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => TextClassifier.Load(model, new FusionOptions { TranslationModel = model })).Message, "translation model");
    }
}
