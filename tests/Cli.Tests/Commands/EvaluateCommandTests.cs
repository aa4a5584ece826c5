using System.Text.Json;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class EvaluateCommandTests
{
    [TestMethod]
    public async Task Compare_TwoFolders_SaysInWordsAndDraws()
    {
        using var folder = new TemporaryFolder();
        await WriteAsync(folder.File("a"), 3);
        await WriteAsync(folder.File("b"), 64);

        var result = CommandLine.Run(folder.Path, "evaluate", "--compare", "a", "b", "--svg", "difference.svg");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Output, "A: letters/3 (0123456789ab)");
        StringAssert.Contains(result.Output, "cosine_spearman");
        StringAssert.Contains(result.Output, "verdict");
        StringAssert.Contains(result.Output, "picture in difference.svg");
        StringAssert.StartsWith(File.ReadAllText(folder.File("difference.svg")), "<svg ");
    }

    [TestMethod]
    public async Task Compare_Json_IsOneObject()
    {
        using var folder = new TemporaryFolder();
        await WriteAsync(folder.File("a"), 3);

        var result = CommandLine.Run(folder.Path, "evaluate", "--compare", "a", "a", "--json");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        using var document = JsonDocument.Parse(result.Output);
        Assert.AreEqual(1, document.RootElement.GetProperty("metrics")[0].GetProperty("p_value").GetDouble());
    }

    [TestMethod]
    [DataRow("--compare a gone", "There is no folder gone")]
    [DataRow("--compare a a --model x", "takes no --model")]
    [DataRow("--model x", "--data is missing")]
    [DataRow("--data x", "--model is missing")]
    [DataRow("--model x --data y --svg z", "give --compare")]
    [DataRow("--model x --data y --hypotheses z", "is of --task translation")]
    [DataRow("--task translation", "--data is missing")]
    [DataRow("--task translation --data x --model y", "does not go with --task translation")]
    [DataRow("--task translation --data x --hypotheses a=y a=z", "Two systems are named 'a'")]
    [DataRow("--task xnli", "Give rows of xnli with predictions")]
    [DataRow("--task nusax --data x --prompt y", "does not go with --task nusax")]
    [DataRow("--task tydiqa --data x --hypotheses y", "is of --task translation")]
    [DataRow("--task tydiqa --data x --columns y", "give FIELD=COLUMN")]
    [DataRow("--model x --data y --setting translate-test", "give --task xnli, nusax or tydiqa too")]
    public async Task Evaluate_WrongArguments_FailWithWhatToDo(string arguments, string reason)
    {
        using var folder = new TemporaryFolder();
        await WriteAsync(folder.File("a"), 3);

        var result = CommandLine.Run(folder.Path, ["evaluate", .. arguments.Split(' ')]);

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, reason);
    }

    [TestMethod]
    public void Evaluate_ModelWithPrompts_SaysWhichStoodBeforeWhat()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Path.Combine(Repository.Root, "onnx-models", "demo-encoder").CopyTo(folder, "checkpoint");
        folder.Write(
            "checkpoint/config_sentence_transformers.json", """{"prompts":{"query":"query: ","document":"passage: "}}""");
        Assert.AreEqual(0, CommandLine.Run(folder.Path, "export", checkpoint, "--output", "encoder").ExitCode);
        folder.Write("beir/queries.jsonl", "{\"_id\":\"q1\",\"text\":\"Who carries water?\"}\n");
        folder.Write("beir/corpus.jsonl", "{\"_id\":\"d1\",\"text\":\"The farmer.\"}\n{\"_id\":\"d2\",\"text\":\"A child sings.\"}\n");
        folder.Write("beir/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1.0\n");
        string[] command = ["evaluate", "--model", "encoder", "--data", "beir", "--bootstrap", "0"];

        var own = CommandLine.Run(folder.Path, command);
        var asked = CommandLine.Run(folder.Path, [.. command, "--query-prompt", "", "--document-prompt", "d "]);

        StringAssert.Contains(own.Output, "prompts: \"query: \" before queries (query), \"passage: \" before documents (document)");
        StringAssert.Contains(asked.Output, "prompts: none before queries, \"d \" before documents");
    }

    [TestMethod]
    public void Evaluate_FolderWithABadFile_MeasuresTheOthersAndEndsWith3()
    {
        using var folder = new TemporaryFolder();
        var encoder = Path.Combine(Repository.Root, "onnx-models", "demo-encoder");
        Assert.AreEqual(0, CommandLine.Run(folder.Path, "export", encoder, "--output", "encoder").ExitCode);
        folder.Write("data/hau_test.csv", "sentence1,sentence2,score\na cat,a dog,1\na man sings,a woman sings,4\nit rains,he runs,0\n");
        folder.Write("data/tel_test.csv", "sentence1,sentence2,score\na,b,high\n");

        var result = CommandLine.Run(folder.Path, "evaluate", "--model", "encoder", "--data", "data", "--bootstrap", "0");

        Assert.AreEqual(3, result.ExitCode, result.Error);
        StringAssert.Contains(result.Output, "hau_test.csv: sentence pairs, 3 pairs");
        StringAssert.Contains(result.Output, "1 could not be used:");
        StringAssert.Contains(result.Output, "tel_test.csv, line 2: the score is \"high\"");
    }

    [TestMethod]
    public void Evaluate_Predictions_SaysScoresOfEachLanguageAndFilesThem()
    {
        using var folder = new TemporaryFolder();
        folder.Write("xnli.csv", "language,satz1,hypothesis,label,prediction\nsw,a,b,0,0\nsw,c,d,1,no\nth,e,f,2,2\nth,g,h,1,1\n");
        string[] command = ["evaluate", "--task", "xnli", "--data", "xnli.csv", "--columns", "premise=satz1", "--bootstrap", "100"];

        var result = CommandLine.Run(folder.Path, [.. command, "--setting", "translate-train", "--output", "results"]);
        var json = CommandLine.Run(folder.Path, [.. command, "--json", "--subset", "sw", "--model-name", "mine"]);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Output, "translate-train");
        StringAssert.Contains(result.Output, "mean of 2");
        StringAssert.Contains(result.Output, "0.7500");
        StringAssert.Contains(result.Output, "1 of 2 predictions are no label");
        Assert.HasCount(2, Directory.GetFiles(folder.File("results"), "XNLI.test.*.xnli.items.jsonl", SearchOption.AllDirectories));
        using var document = JsonDocument.Parse(json.Output);
        var only = document.RootElement.GetProperty("results").EnumerateArray().Single();
        Assert.AreEqual(("sw", "mine"), (only.GetProperty("subset").GetString(), only.GetProperty("system").GetString()));
        Assert.AreEqual(0.5, only.GetProperty("metrics")[0].GetProperty("value").GetDouble());
    }

    [TestMethod]
    public void Evaluate_Translations_SaysScoresSignaturesAndPValues()
    {
        using var folder = new TemporaryFolder();
        folder.Write("flores/devtest/hau_Latn.devtest", "Kyanwa tana barci a gida.\nYana cin abinci yanzu.\n");
        folder.Write("base/eng_Latn-hau_Latn.txt", "Kyanwa barci.\n\n");
        folder.Write("lora/eng_Latn-hau_Latn.txt", "Kyanwa tana barci a gida.\nYana cin abinci yanzu.\n");
        string[] command = ["evaluate", "--task", "translation", "--data", "flores", "--hypotheses", "base", "adapted=lora"];

        var result = CommandLine.Run(folder.Path, [.. command, "--output", "results"]);
        var json = CommandLine.Run(folder.Path, [.. command, "--json", "--bootstrap", "0"]);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Output, "eng_Latn-hau_Latn");
        StringAssert.Contains(result.Output, "BLEU|nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0");
        StringAssert.Contains(result.Output, "a difference from base of this size");
        StringAssert.Contains(result.Output, "base, eng_Latn-hau_Latn: 1 of 2 translations are empty");
        Assert.HasCount(2, Directory.GetFiles(folder.File("results"), "*.translation.items.jsonl", SearchOption.AllDirectories));
        using var document = JsonDocument.Parse(json.Output);
        var adapted = document.RootElement.GetProperty("results")[1];
        Assert.AreEqual("adapted", adapted.GetProperty("system").GetString());
        Assert.AreEqual(100, adapted.GetProperty("scores")[0].GetProperty("value").GetDouble(), 1e-9);
        Assert.AreEqual(JsonValueKind.Null, adapted.GetProperty("scores")[0].GetProperty("p_value").ValueKind);
    }

    [TestMethod]
    public void Evaluate_DemonstrationEncoder_GivesTheRecordedNumbers()
    {
        using var folder = new TemporaryFolder();
        var encoder = Path.Combine(Repository.Root, "onnx-models", "demo-encoder");
        var export = CommandLine.Run(folder.Path, "export", encoder, "--output", "encoder", "--pooling", "avg_first_last");
        Assert.AreEqual(0, export.ExitCode, export.Error);

        var result = CommandLine.Run(
            folder.Path, "evaluate", "--model", "encoder", "--data", Repository.Demo("world"),
            "--max-length", "64", "--output", "results", "--json");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        using var recorded = JsonDocument.Parse(File.ReadAllText(Path.Combine(encoder, "training.json")));
        using var measured = JsonDocument.Parse(result.Output);
        var before = recorded.RootElement.GetProperty("before");
        var scores = measured.RootElement.GetProperty("results").EnumerateArray().SelectMany(r => r.GetProperty("metrics").EnumerateArray())
            .ToDictionary(m => m.GetProperty("name").GetString()!, m => m.GetProperty("value").GetDouble());
        Assert.AreEqual(before.GetProperty("sts_spearman").GetDouble(), 100 * scores["cosine_spearman"], 0.006);
        Assert.AreEqual(before.GetProperty("retrieval_ndcg_at_10").GetDouble(), 100 * scores["ndcg_at_10"], 0.006);
        Assert.AreEqual(before.GetProperty("alignment").GetDouble(), scores["alignment"], 6e-5);
        Assert.AreEqual(before.GetProperty("uniformity").GetDouble(), scores["uniformity"], 6e-5);
        Assert.HasCount(1, Directory.GetFiles(folder.File("results"), "retrieval.json", SearchOption.AllDirectories));
    }

    private static async Task WriteAsync(string folder, int dimension)
    {
        var options = new EvaluationOptions { Task = EvaluationTask.Sts, BootstrapSamples = 0 };
        var report = await EmbeddingEvaluator.EvaluateAsync(Letters(dimension), [Repository.Demo("world", "sts.csv")], options);
        EmbeddingEvaluator.Write(report, folder);
    }

    /// <summary>Counts of letters, folded into a few numbers.</summary>
    private static ScriptedEmbeddingGenerator Letters(int dimension) => new(text =>
    {
        var vector = new float[dimension];
        foreach (var letter in text)
            vector[letter % dimension]++;
        return vector;
    }, $"letters/{dimension}");
}
