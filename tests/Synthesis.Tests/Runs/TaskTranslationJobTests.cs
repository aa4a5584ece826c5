namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class TaskTranslationJobTests
{
    // the face is one character of the file and two of .NET
    private const string Questions = "{\"id\":\"swahili-1\",\"question\":\"wapi?\",\"context\":\"😀 \\\"yeye\\\" Nairobi, Kenya\","
        + "\"answers\":{\"text\":[\"Nairobi\"],\"answer_start\":[9]}}\n"
        + "{\"id\":\"swahili-2\",\"question\":\"nani?\",\"context\":\"lost mtu\",\"answers\":{\"text\":[\"mtu\"],\"answer_start\":[5]}}\n"
        + "{\"id\":\"swahili-3\",\"question\":\"long\",\"context\":\"a b\",\"answers\":{\"text\":[\"b\"],\"answer_start\":[2]}}\n";

    [TestMethod]
    [DataRow("out.csv")]
    [DataRow("out.jsonl")]
    [DataRow("out.parquet")]
    public async Task RunAsync_TyDiQa_CarriesAnswersAlong(string output)
    {
        using var folder = new TemporaryFolder();
        folder.Write("in.jsonl", Questions);

        var report = await RunAsync(folder, TextTask.TyDiQa, output);

        Assert.AreEqual((2L, 1L), (report.Rows, report.Missing));
        Assert.AreEqual(1, report.Answers[QuotedSpanOutcome.Found]);
        Assert.AreEqual(1, report.Answers[QuotedSpanOutcome.NoQuotes]);
        Assert.IsTrue(File.Exists(folder.File("out.run/run.json")));
        var examples = (await TaskExamples.LoadAsync(folder.File(output), TextTask.TyDiQa)).Examples;
        CollectionAssert.AreEqual((string[])["wapi?", "😀 \"yeye\" Nairobi, Kenya"], examples[0].Texts.ToArray());
        Assert.AreEqual(new TaskAnswer("Nairobi", 10), examples[0].Answers.Single());
        CollectionAssert.AreEqual((string[])["WAPI?", "😀 'YEYE' NAIROBI, KENYA"], examples[0].SourceTexts!.ToArray());
        Assert.AreEqual(new TaskAnswer("NAIROBI", 10), examples[0].SourceAnswers.Single());
        Assert.AreEqual(("swahili-1", "sw"), (examples[0].Id, examples[0].Language));
        Assert.IsEmpty(examples[1].SourceAnswers);
    }

    [TestMethod]
    [DataRow("out.jsonl")]
    [DataRow("out.parquet")]
    public async Task RunAsync_SeveralRightAnswers_AreAllCarriedAlong(string output)
    {
        using var folder = new TemporaryFolder();
        // the second is the first again, the last stands in the translation in other words
        folder.Write("in.jsonl", "{\"id\":\"swahili-1\",\"question\":\"wapi?\",\"context\":\"Nairobi, Kenya mtu\",\"answers\":{\"text\":"
            + "[\"Nairobi\",\"Nairobi\",\"Kenya\",\"mtu\"],\"answer_start\":[0,0,9,15]}}\n");

        var report = await RunAsync(folder, TextTask.TyDiQa, output);

        Assert.AreEqual(1, report.Rows);
        Assert.AreEqual((2L, 1L), (report.Answers[QuotedSpanOutcome.Found], report.Answers[QuotedSpanOutcome.NotInContext]));
        var example = (await TaskExamples.LoadAsync(folder.File(output), TextTask.TyDiQa)).Examples.Single();
        Assert.HasCount(4, example.Answers);
        Assert.AreEqual("NAIROBI, KENYA MTU", example.SourceTexts![1]);
        CollectionAssert.AreEqual((TaskAnswer[])[new("NAIROBI", 0), new("KENYA", 9)], example.SourceAnswers.ToArray());
        if (output.EndsWith('l'))
            StringAssert.Contains(File.ReadAllText(folder.File(output)), "\"answers_translated\":{\"text\":[\"NAIROBI\",\"KENYA\"]");
    }

    [TestMethod]
    public async Task RunAsync_TrainingData_HasTheTranslationAsTarget()
    {
        using var folder = new TemporaryFolder();
        folder.Write("in.csv", "premise,hypothesis,label\na,b,entailment\nc,d,2\n");
        var rows = new TaskExampleOptions { Translated = TranslatedColumns.Target };

        await RunAsync(folder, TextTask.Xnli, "out.csv", rows);
        var again = await RunAsync(folder, TextTask.Xnli, "out.csv", rows);

        Assert.AreEqual(0, again.Translation.OwnTranslations);
        string[] lines =
        [
            "id,premise,hypothesis,label,premise_translated,hypothesis_translated,language", "1,a,b,0,A,B,hau_Latn", "2,c,d,2,C,D,hau_Latn",
        ];
        CollectionAssert.AreEqual(lines, File.ReadAllLines(folder.File("out.csv")));
        var example = (await TaskExamples.LoadAsync(folder.File("out.csv"), TextTask.Xnli, rows)).Examples[1];
        Assert.AreEqual(("C", "c", "hau_Latn"), (example.Texts[0], example.SourceTexts![0], example.Language));
    }

    [TestMethod]
    [DataRow("out", "name such a file")]
    [DataRow("in.csv", "is the input as well")]
    public async Task RunAsync_OutputThatIsNone_IsTheCallersFault(string output, string reason)
    {
        using var folder = new TemporaryFolder();
        folder.Write("in.csv", "text\na\n");

        var e = await Assert.ThrowsExactlyAsync<ArgumentException>(() => RunAsync(folder, TextTask.NusaX, output));

        StringAssert.Contains(e.Message, reason);
    }

    private static async Task<TaskTranslationReport> RunAsync(
        TemporaryFolder folder, TextTask task, string output, TaskExampleOptions? rows = null)
    {
        var input = Path.GetFileName(Directory.GetFiles(folder.Path, "in.*").Single());
        var job = TranslationRunTests.Job(folder, input, output) with { TargetLanguages = ["hau_Latn"] };
        using var generator = new ScriptedGenerator(Answer) { PreferredBatchSize = 8 };
        return await TaskTranslationJob.RunAsync(task, job, rows, texts => TranslationJob.RunAsync(
            ScriptedSource.Of(generator), texts.ToJob(SamplingOptions.Greedy, "greedy"), null, null, CancellationToken.None), default);
    }

    private static GenerationResult Answer(GenerationRequest r) => r.Translation!.Text switch
    {
        "long" => ScriptedGenerator.Reject(r, RejectionKind.TooLong, "The text has 9 tokens; this model reads 8."),
        var text when text.StartsWith("lost", StringComparison.Ordinal) => ScriptedGenerator.Answer(r, "LOST SOMEBODY"),
        var text when text.EndsWith("\"mtu\"", StringComparison.Ordinal) => ScriptedGenerator.Answer(r, "NAIROBI, KENYA: \"A MAN\""),
        var text => ScriptedGenerator.Answer(r, text.ToUpperInvariant()),
    };
}
