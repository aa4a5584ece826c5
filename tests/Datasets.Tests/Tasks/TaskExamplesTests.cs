using System.Text;

namespace XlLoraOnnx.Datasets.Tests;

[TestClass]
public sealed class TaskExamplesTests
{
    [TestMethod]
    [DataRow("a.csv", "premise,hypothesis,label\none,two,2\nthree,four,entailment\n")]
    [DataRow("a.csv", "premise,hypothesis,label\none,two,2.0\nthree,four,ENTAILMENT\n")]
    [DataRow("a.tsv", "premise\thypo\tlabel\none\ttwo\tcontradictory\nthree\tfour\tentailment\n")]
    [DataRow("a.jsonl", "{\"premise\":\"one\",\"hypothesis\":\"two\",\"label\":2}\n"
        + "{\"premise\":\"three\",\"hypothesis\":\"four\",\"label\":0}\n")]
    [DataRow("a.json", "[{\"premise\":\"one\",\"hypothesis\":\"two\",\"label\":\"2\"},"
        + "{\"premise\":\"three\",\"hypothesis\":\"four\",\"label\":\"entailment\"}]")]
    public async Task LoadAsync_Xnli_HasTextsAndLabels(string name, string content)
    {
        using var folder = new TemporaryFolder();

        var examples = (await TaskExamples.LoadAsync(folder.Write(name, content), TextTask.Xnli)).Examples;

        CollectionAssert.AreEqual((string[])["one", "two"], examples[0].Texts.ToArray());
        CollectionAssert.AreEqual((string[])["three", "four"], examples[1].Texts.ToArray());
        CollectionAssert.AreEqual((int?[])[2, 0], examples.Select(e => e.Label).ToArray());
        CollectionAssert.AreEqual((string[])["1", "2"], examples.Select(e => e.Id).ToArray());
        Assert.IsFalse(examples[0].HasOwnId);
        Assert.IsNull(examples[0].SourceTexts);
    }

    private const string Original =
        "language\tgold_label\tsentence1_binary_parse\tsentence1\tsentence2\tpromptID\tpairID\n" +
        "en\tneutral\t\t\"Yes\"\the said\t1\t7\n" +
        "de\tneutral\t\t\"Ja\"\tsagte er\t1\t7\n" +
        "en\t-\t\tfoo\tbar\t2\t8\n" +
        "de\tcontradiction\t\tein \"Wort\tzwei\"\t3\t9\n" +
        "en\tcontradiction\t\ta \"word\ttwo\"\t3\t9\n";

    [TestMethod]
    public async Task LoadAsync_FileOfXnli1_QuotesAreTextAndRowsWithoutConsensusAreCounted()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("xnli.test.tsv", Original);

        var set = await TaskExamples.LoadAsync(path, TextTask.Xnli);

        CollectionAssert.AreEqual((string[])["\"Yes\"", "he said"], set.Examples[0].Texts.ToArray());
        CollectionAssert.AreEqual((string[])["ein \"Wort", "zwei\""], set.Examples[2].Texts.ToArray());
        CollectionAssert.AreEqual((string[])["en", "de", "de", "en"], set.Examples.Select(e => e.Language).ToArray());
        Assert.AreEqual($"{path}, line 4", set.Skipped.Single().Where);
    }

    [TestMethod]
    public async Task LoadAsync_SourceLanguage_IsFoundByIds()
    {
        using var folder = new TemporaryFolder();
        var options = new TaskExampleOptions { Language = "de", SourceLanguage = "en" };

        var examples = (await TaskExamples.LoadAsync(folder.Write("a.tsv", Original), TextTask.Xnli, options)).Examples;

        CollectionAssert.AreEqual((string[])["7", "9"], examples.Select(e => e.Id).ToArray());
        CollectionAssert.AreEqual((string[])["a \"word", "two\""], examples[1].SourceTexts!.ToArray());
    }

    [TestMethod]
    public async Task LoadAsync_AllLanguagesOfTheHub_AreAnExampleEach()
    {
        using var folder = new TemporaryFolder();
        var path = ParquetFiles.Write(folder.File("a.parquet"),
            "SELECT {'en': 'a dog', 'sw': 'mbwa'} AS premise, 0 AS label, "
            + "{'language': ['en', 'sw'], 'translation': ['an animal', 'mnyama']} AS hypothesis");

        var set = await TaskExamples.LoadAsync(path, TextTask.Xnli, new TaskExampleOptions { SourceLanguage = "en" });

        var example = set.Examples.Single();
        Assert.AreEqual("sw", example.Language);
        CollectionAssert.AreEqual((string[])["mbwa", "mnyama"], example.Texts.ToArray());
        CollectionAssert.AreEqual((string[])["a dog", "an animal"], example.SourceTexts!.ToArray());
        Assert.AreEqual(0, example.Label);
    }

    [TestMethod]
    public async Task LoadAsync_NusaX_IsPairedWithItsSourceByIds()
    {
        using var folder = new TemporaryFolder();
        var target = folder.Write("ace/test.csv", "id,text,label\n219,Nye nyan,neutral\n5,jroh,negative\n");
        var source = folder.Write("eng/test.csv", "id,text,label\n5,bad,negative\n219,This is it,neutral\n");

        var examples = (await TaskExamples.LoadAsync(target, TextTask.NusaX, sourcePath: source)).Examples;

        CollectionAssert.AreEqual((int?[])[1, 0], examples.Select(e => e.Label).ToArray());
        CollectionAssert.AreEqual((string[])["This is it", "bad"], examples.Select(e => e.SourceTexts![0]).ToArray());
    }

    [TestMethod]
    [DataRow(TranslatedColumns.Source, "mbwa", "a dog")]
    [DataRow(TranslatedColumns.Target, "a dog", "mbwa")]
    public async Task LoadAsync_TranslatedColumns_AreTheSideThatIsSaid(TranslatedColumns translated, string text, string source)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.jsonl", "{\"id\":7,\"text\":\"mbwa\",\"label\":-1,\"text_translated\":\"a dog\",\"language\":\"sw\"}\n");

        var example = (await TaskExamples.LoadAsync(path, TextTask.NusaX, new() { Translated = translated })).Examples.Single();

        Assert.AreEqual(text, example.Texts.Single());
        Assert.AreEqual(source, example.SourceTexts!.Single());
        Assert.AreEqual(("7", "sw", (int?)null), (example.Id, example.Language, example.Label));
    }

    [TestMethod]
    public async Task LoadAsync_NamedColumns_AreTaken()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.csv", "source_text,tweet,english,label,prediction\nno,x,y,positive,2\n");
        var options = new TaskExampleOptions
        {
            Columns = new Dictionary<string, string> { ["text"] = "tweet" },
            SourceColumns = new Dictionary<string, string> { ["text"] = "english" },
            OtherColumns = ["prediction"],
        };

        var example = (await TaskExamples.LoadAsync(path, TextTask.NusaX, options)).Examples.Single();

        Assert.AreEqual(("x", "y", "2"), (example.Texts[0], example.SourceTexts![0], example.Others[0]));
    }

    // the face is one character of the file and two of .NET
    private const string Context = "😀 ঢাকা বাংলাদেশের রাজধানী।";

    [TestMethod]
    public async Task LoadAsync_TyDiQaOfTheHub_HasAnswersWhereTheyStand()
    {
        using var folder = new TemporaryFolder();
        var path = ParquetFiles.Write(folder.File("a.parquet"),
            $"SELECT 'bengali-12-1' AS id, 'x' AS title, '{Context}' AS context, 'রাজধানী?' AS question, "
            + "{'text': ['ঢাকা', 'রাজধানী'], 'answer_start': [2::INT, 18::INT]} AS answers");

        var example = (await TaskExamples.LoadAsync(path, TextTask.TyDiQa)).Examples.Single();

        Assert.AreEqual("bn", example.Language);
        CollectionAssert.AreEqual((string[])["রাজধানী?", Context], example.Texts.ToArray());
        CollectionAssert.AreEqual((TaskAnswer[])[new("ঢাকা", 3), new("রাজধানী", 19)], example.Answers.ToArray());
    }

    [TestMethod]
    [DataRow("{\"version\":\"1\",\"data\":[{\"paragraphs\":[{\"context\":\"a b c\",\"qas\":[{\"id\":\"swahili-1-0\","
        + "\"question\":\"q?\",\"answers\":[{\"text\":\"b\",\"answer_start\":2}]}]}]}]}")]
    [DataRow("{\n\"data\":[{\"paragraphs\":[{\"context\":\"a b c\",\"qas\":[{\"id\":\"swahili-1-0\","
        + "\"question\":\"q?\",\"answers\":[{\"text\":\"b\",\"answer_start\":2}]}]}]}]}\n")]
    public async Task LoadAsync_NestedSquad_HasQuestionsWithTheirContext(string content)
    {
        using var folder = new TemporaryFolder();

        var example = (await TaskExamples.LoadAsync(folder.Write("a.json", content), TextTask.TyDiQa)).Examples.Single();

        CollectionAssert.AreEqual((string[])["q?", "a b c"], example.Texts.ToArray());
        Assert.AreEqual(new TaskAnswer("b", 2), example.Answers.Single());
        Assert.AreEqual(("swahili-1-0", "sw"), (example.Id, example.Language));
        StringAssert.Contains(example.Where, "data[0].paragraphs[0].qas[0]");
    }

    [TestMethod]
    public async Task LoadAsync_TableOfFlare_HasAnswersOfBothSides()
    {
        using var folder = new TemporaryFolder();
        const string Header = "id,question,context,answers,question_translated,context_translated,answers_translated\n";
        var path = folder.Write("a.csv", $"{Header}1,q,aa bb,{Answer("bb", 3)},Q,AA BB,{Answer("BB", 3)}\n"
            + $"2,q,aa bb,{Answer("bb", 3)},Q,AA BB,{Answer("", -1)}\n");

        var examples = (await TaskExamples.LoadAsync(path, TextTask.TyDiQa)).Examples;

        Assert.AreEqual((new TaskAnswer("bb", 3), new TaskAnswer("BB", 3)), (examples[0].Answers[0], examples[0].SourceAnswers[0]));
        Assert.IsEmpty(examples[1].SourceAnswers);
    }

    private static readonly TaskExampleOptions Lenient = new() { AllowsMisplacedAnswers = true };

    [TestMethod]
    public async Task LoadAsync_MisplacedAnswer_IsTakenWhereItIsAllowed()
    {
        using var folder = new TemporaryFolder();
        const string Row = "{\"question\":\"q\",\"context\":\"a b\",\"answers\":{\"text\":[\"b\"],\"answer_start\":[0]}}\n";
        var path = folder.Write("a.jsonl", Row);

        var example = (await TaskExamples.LoadAsync(path, TextTask.TyDiQa, Lenient)).Examples.Single();

        Assert.AreEqual(new TaskAnswer("b", -1), example.Answers.Single());
    }

    private static string Answer(string text, int start) =>
        $"\"{{\"\"text\"\": [\"\"{text}\"\"], \"\"answer_start\"\": [{start}]}}\"";

    [TestMethod]
    [DataRow(TextTask.Xnli, "premise,hypothesis,label\na,b,maybe\n", "line 2: \"label\" is \"maybe\"", "0 or entailment, 1 or")]
    [DataRow(TextTask.Xnli, "premise,hypothesis,label\na,b,3\n", "\"label\" is \"3\"", "2 or contradiction")]
    [DataRow(TextTask.Xnli, "premise,hypothesis,label\na,\"\",1\n", "line 2: \"hypothesis\" is empty", "Mend the row")]
    [DataRow(TextTask.Xnli, "premise,label\na,1\n", "\"premise\", \"label\"", "--columns hypothesis=NAME")]
    [DataRow(TextTask.Xnli, "premise,hypothesis,premise_translated\na,b,c\n", "\"premise_translated\"", "--source-columns hypothesis=NAME")]
    [DataRow(TextTask.Xnli, "premise,premise,hypothesis\na,b,c\n", "2 columns named \"premise\"", "exactly one")]
    [DataRow(TextTask.NusaX, "id,label\na,1\n", "\"id\", \"label\"", "--columns text=NAME")]
    [DataRow(TextTask.TyDiQa, "question,context,answers\nq,a b,\"{'text': ['b']}\"\n", "\"answers\" is {'text'", "JSON")]
    [DataRow(TextTask.TyDiQa, "question,context,answers\nq,a b,\"{\"\"text\"\": [\"\"b\"\"], \"\"answer_start\"\": [9]}\"\n",
        "has \"b\" at 9 of the context", "it has 3 characters")]
    [DataRow(TextTask.TyDiQa, "question,context,answers\nq,a b,\"{\"\"text\"\": [\"\"b\"\"], \"\"answer_start\"\": [0]}\"\n",
        "where there is \"a\"", "-1 for an answer that is not in the context")]
    [DataRow(TextTask.TyDiQa, "question,context,answers\nq,a b,\"{\"\"text\"\": [\"\"b\"\"], \"\"answer_start\"\": []}\"\n",
        "answer_start is []", "a number for each")]
    public async Task LoadAsync_WhatIsWrong_IsRefusedByName(TextTask task, string content, string found, string advice)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.csv", content);

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => TaskExamples.LoadAsync(path, task));

        StringAssert.Contains(e.Message, path);
        StringAssert.Contains(e.Message, found);
        StringAssert.Contains(e.Message, advice);
    }

    [TestMethod]
    [DataRow("id,text\n1,a\n2,b\n", "id,text\n1,a\n", "has 2 rows and", "has 1")]
    [DataRow("id,text\n1,a\n2,b\n", "id,text\n1,a\n3,b\n", "line 3: the id 2 is not there", "by their ids")]
    [DataRow("id,text\n1,a\n2,b\n", "id,text\n1,a\n1,b\n", "the id 1 is there 2 times", "by their ids")]
    public async Task LoadAsync_SourceThatDoesNotFit_IsRefused(string target, string source, string found, string more)
    {
        using var folder = new TemporaryFolder();
        var (path, sourcePath) = (folder.Write("a.csv", target), folder.Write("b.csv", source));

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            () => TaskExamples.LoadAsync(path, TextTask.NusaX, sourcePath: sourcePath));

        StringAssert.Contains(e.Message, sourcePath);
        StringAssert.Contains(e.Message, found);
        StringAssert.Contains(e.Message, more);
    }

    [TestMethod]
    public void ReadAsync_FieldOfAnotherTask_IsTheCallersFault()
    {
        var options = new TaskExampleOptions { Columns = new Dictionary<string, string> { ["premise"] = "a" } };
        var e = Assert.ThrowsExactly<ArgumentException>(() => TaskExamples.ReadAsync("a.csv", TextTask.NusaX, options));
        StringAssert.Contains(e.Message, "nusax has no field \"premise\"");
        StringAssert.Contains(e.Message, "text, label, id, language");
    }

    [TestMethod]
    public async Task ReadAsync_GzippedLines_AreReadOneAtATime()
    {
        using var folder = new TemporaryFolder();
        using (var zip = new System.IO.Compression.GZipStream(
            File.Create(folder.File("a.jsonl.gz")), System.IO.Compression.CompressionLevel.Fastest))
            zip.Write(Encoding.UTF8.GetBytes("{\"text\":\"one\",\"label\":1}\n{\"text\":\"\"}\n"));

        var rows = TaskExamples.ReadAsync(folder.File("a.jsonl.gz"), TextTask.NusaX).GetAsyncEnumerator();
        await using (rows)
        {
            Assert.IsTrue(await rows.MoveNextAsync());
            Assert.AreEqual("one", rows.Current.Texts[0]);
            await Assert.ThrowsExactlyAsync<InvalidDataException>(async () => await rows.MoveNextAsync());
        }
    }
}
