
namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class RetrievalDataTests
{
    private const string Corpus = """
        {"_id":"d1","title":"Rice","text":"grows in water "}
        {"_id":"d10","title":"","text":" apples"}
        {"_id":"d2","text":"bread"}
        """;

    private const string Queries = """
        {"_id":"q1","text":"what grows"}
        {"_id":2,"text":"fruit"}
        """;

    [TestMethod]
    public async Task Read_BeirFolder_JoinsTitlesAndOrdersDocumentsByDescendingId()
    {
        var data = await ReadAsync("query-id\tcorpus-id\tscore\nq1\td1\t2\n2\td10\t1\nq1\td2\t0\n");

        CollectionAssert.AreEqual(new[] { "d2", "d10", "d1" }, data.Documents.Select(d => d.Id).ToArray());
        CollectionAssert.AreEqual(new[] { "bread", "apples", "Rice grows in water" }, data.Documents.Select(d => d.Text).ToArray());
        Assert.AreEqual(2, data.Queries[0].Grades[2]);
        Assert.AreEqual(("world", "test"), (data.Name.TaskName, data.Name.Split));
        Assert.IsEmpty(data.Findings);
    }

    [TestMethod]
    [DataRow("q1 0 d1 2\n2 0 d10 1\n")]
    [DataRow("q1\t0\td1\t2\n2\t0\td10\t1\n")]
    [DataRow("q1\td1\t2\n2\td10\t1\n")]
    public async Task Read_TrecJudgements_NeedNoHeader(string qrels)
    {
        var data = await ReadAsync(qrels);

        Assert.AreEqual((2, 1), (data.Queries[0].Grades[2], data.Queries[1].Grades[1]));
    }

    [TestMethod]
    [DataRow("query-id\tcorpus-id\tscore\nq1\td1\t2.0\n2\td10\t1.0\n")]
    [DataRow("q1 0 d1 2.0\n2 0 d10 1.00\n")]
    [DataRow("query-id\t0\tcorpus-id\tscore\nq1\t0\td1\t2\n2\t0\td10\t1\n")]
    [DataRow("qid Q0 docid rel\nq1 Q0 d1 2\n2 Q0 d10 1\n")]
    [DataRow("topic\titer\tdocno\trelevance\nq1\t0\td1\t2\n2\t0\td10\t1\n")]
    [DataRow("score\tquery-id\tcorpus-id\n2\tq1\td1\n1.0\t2\td10\n")]
    public async Task Read_GradesAndHeadersOfEachKind_AreTheSameJudgements(string qrels)
    {
        var data = await ReadAsync(qrels);

        Assert.AreEqual((2, 1), (data.Queries[0].Grades[2], data.Queries[1].Grades[1]));
    }

    [TestMethod]
    [DataRow("1.0", 1)]
    [DataRow("2", 2)]
    [DataRow("\"3.0\"", 3)]
    [DataRow("1e0", 1)]
    public async Task Read_JsonGrade_MayBeWrittenAsAFraction(string grade, int expected)
    {
        var line = $$"""{"query-id":"q1","corpus-id":"d1","score":{{grade}}}""";

        Assert.AreEqual(expected, (await ReadJsonAsync(line)).Queries.Single().Grades[2]);
        var whole = """{"corpus":{"d1":"a"},"queries":{"q1":"b"},"qrels":{"q1":{"d1":GRADE}}}""".Replace("GRADE", grade);
        Assert.AreEqual(expected, (await DataFinderTests.ReadAsync<RetrievalData>("r.json", whole)).Queries.Single().Grades[0]);
    }

    [TestMethod]
    [DataRow("0.5")]
    [DataRow("\"1.5\"")]
    [DataRow("true")]
    [DataRow("1e99")]
    [DataRow("null")]
    public async Task Read_JsonGradeThatIsNotWhole_IsAnErrorAboutTheGrade(string grade)
    {
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            () => ReadJsonAsync($$"""{"query-id":"q1","corpus-id":"d1","score":{{grade}}}"""));

        StringAssert.Contains(e.Message, $"test.jsonl, line 1: the grade is {grade}; it must be a whole number");
    }

    [TestMethod]
    [DataRow("dev.tsv", "dev")]
    [DataRow("train.tsv", "train")]
    [DataRow("world-val.tsv", "validation")]
    public async Task Read_OnlyJudgementsOfASplit_AreFiledAsIt(string file, string split)
    {
        using var folder = new TemporaryFolder();
        Write(folder, Corpus);
        folder.Write("world/qrels/" + file, "q1\td1\t1\n");

        Assert.AreEqual(split, (await ReadFolderAsync(folder, new EvaluationOptions())).Name.Split);
    }

    [TestMethod]
    public async Task Read_OddButUsableData_IsCountedAndStaysRight()
    {
        var data = await ReadAsync(
            "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td1\t1\nq1\tgone\t3\nnobody\td1\t1\n",
            Corpus + "\n{\"_id\":\"d2\",\"text\":\"bread\"}");

        CollectionAssert.AreEqual(
            new[]
            {
                "1 documents occur again with the same id and text; each is searched once",
                "1 judgements occur again; each is counted once",
                "1 judgements name documents that are not in the corpus; as in trec_eval they count as not found",
                "1 judged queries have no text and are left out",
                "1 queries have no judgement and are left out",
            },
            data.Findings.ToArray());
        CollectionAssert.AreEquivalent(new[] { 1, 3 }, data.Queries.Single().AllGrades.ToArray());
    }

    [TestMethod]
    [DataRow("q1\td1\t1\n", "{\"_id\":\"d1\",\"text\":\"a\"}\n{\"_id\":\"d1\",\"text\":\"b\"}", "occurs twice with different text")]
    [DataRow("q1\td1\t1\nq1\td1\t2\n", Corpus, "is judged 2 for query \"q1\", but 1 before")]
    [DataRow("query-id\tcorpus-id\tscore\nq1\td1\thigh\n", Corpus, "the grade is \"high\"")]
    [DataRow("q1\td1\thigh\n", Corpus, "test.tsv, line 1: the grade is \"high\"")]
    [DataRow("query-id\tcorpus-id\tscore\nq1\td1\t0.5\n", Corpus, "test.tsv, line 2: the grade is \"0.5\"; it must be a whole number")]
    [DataRow("q1\td1\t0.5\n", Corpus, "test.tsv, line 1: the grade is \"0.5\"")]
    [DataRow("q1\td1\n", Corpus, "has 2 columns")]
    [DataRow("other\td1\t1\n", Corpus, "Do the ids of the files agree?")]
    [DataRow("q1\td1\t1\n", "{\"_id\":\"d1\"}", "no field \"text\"")]
    [DataRow("q1\td1\t1\n", "{\"_id\":[],\"text\":\"a\"}", "must be a string or an integer")]
    public async Task Read_BadFolder_IsRefusedWithTheReason(string qrels, string corpus, string reason)
    {
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync(qrels, corpus));

        StringAssert.Contains(e.Message, reason);
    }

    [TestMethod]
    public async Task Read_SeveralSplits_TakesTheWantedOne()
    {
        using var folder = new TemporaryFolder();
        Write(folder, Corpus);
        folder.Write("world/qrels/dev.tsv", "q1\td1\t1\n");
        folder.Write("world/qrels/test.tsv", "2\td2\t1\n");

        Assert.AreEqual("2", (await ReadFolderAsync(folder, new EvaluationOptions())).Queries.Single().Id);
        Assert.AreEqual("q1", (await ReadFolderAsync(folder, new EvaluationOptions { Split = "dev" })).Queries.Single().Id);
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            () => ReadFolderAsync(folder, new EvaluationOptions { Split = "train" }));
        StringAssert.Contains(e.Message, "dev, test");
    }

    [TestMethod]
    public async Task Read_DemonstrationWorld_IsRecognised()
    {
        var (data, skipped, _, _) = await DataFinder.ReadAsync([Repository.Demo("world")], new EvaluationOptions(), default);

        var retrieval = data.OfType<RetrievalData>().Single();
        Assert.AreEqual((600, 180, 400), (retrieval.Documents.Count, retrieval.Queries.Count, data.OfType<StsData>().Single().Pairs.Count));
        Assert.IsEmpty(retrieval.Findings);
        Assert.HasCount(2, skipped);
        foreach (var file in (string[])["train.csv.gz", "truth.jsonl.gz"])
            Assert.IsTrue(skipped.Any(s => s.Contains(file, StringComparison.Ordinal)), string.Join('\n', skipped));
    }

    [TestMethod]
    public async Task Read_Belebele_HasOnePassageALinkAndTheQuestionsOfEach()
    {
        var data = await DataFinderTests.ReadAsync<RetrievalData>("belebele.jsonl", """
            {"link":"a","question_number":1,"flores_passage":"passage a","question":"one?","dialect":"hau_Latn"}
            {"link":"b","question_number":1,"flores_passage":"passage b","question":"two?","dialect":"hau_Latn"}
            {"link":"a","question_number":2,"flores_passage":"passage a","question":"three?","dialect":"hau_Latn"}
            """);

        Assert.AreEqual(
            ("BelebeleRetrieval", "hau_Latn-hau_Latn", "hau-Latn"), (data.Name.TaskName, data.Name.Subset, data.Name.Languages.Single()));
        Assert.HasCount(2, data.Documents);
        Assert.HasCount(3, data.Queries);
        Assert.AreEqual("passage a", data.Documents[data.Queries[2].Grades.Keys.Single()].Text);
    }

    [TestMethod]
    public async Task Read_IndicQa_DropsQuestionsWithoutAnswer()
    {
        var data = await DataFinderTests.ReadAsync<RetrievalData>("indicqa.mr.json", """
            {"data":[{"paragraphs":[
              {"context":"one","qas":[{"id":1,"question":"a?","answers":[{"text":"x","answer_start":0}]},
                                      {"id":2,"question":"b?","answers":[{"text":"","answer_start":0}]}]},
              {"context":"two","qas":[{"id":3,"question":"c?","answers":[]}]}]}]}
            """);

        Assert.AreEqual(("IndicQARetrieval", "mr", "mar-Deva"), (data.Name.TaskName, data.Name.Subset, data.Name.Languages.Single()));
        Assert.AreEqual(("1", "one"), (data.Queries.Single().Id, data.Documents.Single().Text));
        CollectionAssert.AreEqual(new[] { "2 questions have no answer and are dropped, as MTEB does" }, data.Findings.ToArray());
    }

    [TestMethod]
    public async Task Read_Miracl_CorpusIsAllPassagesAndPositivesAreRelevant()
    {
        var data = await DataFinderTests.ReadAsync<RetrievalData>("te.jsonl", """
            {"query_id":"7","query":"who?","positive_passages":[{"docid":"1#0","title":"T","text":"a"}],"negative_passages":[{"docid":"2#0","title":"","text":"b"}]}
            {"query_id":"8","query":"what?","positive_passages":[{"docid":"2#0","title":"","text":"b"}],"negative_passages":[]}
            """);

        Assert.AreEqual(("MIRACLRetrievalHardNegatives", "dev", "te"), (data.Name.TaskName, data.Name.Split, data.Name.Subset));
        CollectionAssert.AreEqual(new[] { "b", "T a" }, data.Documents.Select(d => d.Text).ToArray());
        CollectionAssert.AreEqual(new[] { 1, 0 }, new[] { data.Queries[0].Grades[1], data.Queries[0].Grades[0] });
    }

    private static async Task<RetrievalData> ReadAsync(string qrels, string corpus = Corpus)
    {
        using var folder = new TemporaryFolder();
        Write(folder, corpus);
        folder.Write("world/qrels/test.tsv", qrels);
        return await ReadFolderAsync(folder, new EvaluationOptions());
    }

    private static async Task<RetrievalData> ReadJsonAsync(string qrels)
    {
        using var folder = new TemporaryFolder();
        Write(folder, Corpus);
        folder.Write("world/qrels/test.jsonl", qrels);
        return await ReadFolderAsync(folder, new EvaluationOptions());
    }

    private static void Write(TemporaryFolder folder, string corpus)
    {
        folder.Write("world/corpus.jsonl", corpus);
        folder.Write("world/queries.jsonl", Queries);
    }

    private static async Task<RetrievalData> ReadFolderAsync(TemporaryFolder folder, EvaluationOptions options) =>
        (RetrievalData)(await DataFinder.ReadAsync([folder.File("world")], options, default)).Data.Single();
}
