namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class PromptChoiceTests
{
    private static readonly DataName Data = new("Mine", "test", "default", []);

    [TestMethod]
    [DataRow("query,document", "query", "document")]
    [DataRow("query,passage", "query", "passage")]
    [DataRow("corpus,passage", null, "passage")]
    [DataRow("corpus", null, "corpus")]
    [DataRow("query,document,Retrieval-query", "Retrieval-query", "document")]
    [DataRow("query,document,Retrieval", "Retrieval", "Retrieval")]
    [DataRow("query,Retrieval,Mine", "Mine", "Mine")]
    [DataRow("query,Mine,Mine-query,Mine-document", "Mine-query", "Mine-document")]
    [DataRow("STS,other", null, null)]
    public void For_QueriesAndDocuments_ChoosesByTheNamesOfMteb(string names, string? query, string? document)
    {
        var choice = new PromptChoice(new EvaluationOptions(), Prompts(names, defaultName: names.Split(',')[0]));

        Assert.AreEqual(new UsedPrompt("queries", query is null ? "" : query + ": ", query), choice.ForQueries(Data));
        Assert.AreEqual(new UsedPrompt("documents", document is null ? "" : document + ": ", document), choice.ForDocuments(Data));
    }

    [TestMethod]
    [DataRow("query,document", null, null)]
    [DataRow("query,document", "query", "query")]
    [DataRow("STS,query", "query", "STS")]
    [DataRow("Mine,STS", null, "Mine")]
    public void For_Sentences_ChoosesTheTasksThenTheDefault(string names, string? defaultName, string? expected) =>
        Assert.AreEqual(
            new UsedPrompt("sentences", expected is null ? "" : expected + ": ", expected),
            new PromptChoice(new EvaluationOptions(), Prompts(names, defaultName)).ForSentences(Data));

    [TestMethod]
    public void For_Options_StandAboveTheModelAndMayBeNothing()
    {
        var prompts = Prompts("query,document,STS", "query");
        var all = new PromptChoice(new EvaluationOptions { Prompt = "x: " }, prompts);
        var own = new PromptChoice(new EvaluationOptions { Prompt = "x: ", QueryPrompt = "", DocumentPrompt = "d " }, prompts);

        Assert.AreEqual(
            ("x: ", "x: ", "x: "), (all.ForSentences(Data).Prompt, all.ForQueries(Data).Prompt, all.ForDocuments(Data).Prompt));
        Assert.AreEqual(
            ("x: ", "", "d "), (own.ForSentences(Data).Prompt, own.ForQueries(Data).Prompt, own.ForDocuments(Data).Prompt));
    }

    [TestMethod]
    public void Finding_ModelWhosePromptsAreForOtherTasks_NamesThem()
    {
        var prompts = Prompts("Classification,Clustering", null);

        StringAssert.Contains(
            new PromptChoice(new EvaluationOptions(), prompts).Finding([new UsedPrompt("queries", "", null)]), "Classification, Clustering");
        Assert.IsNull(new PromptChoice(new EvaluationOptions { Prompt = "" }, prompts).Finding([new UsedPrompt("queries", "", null)]));
        Assert.IsNull(new PromptChoice(new EvaluationOptions(), EmbeddingPrompts.None).Finding([new UsedPrompt("queries", "", null)]));
    }

    internal static EmbeddingPrompts Prompts(string names, string? defaultName) => new()
    {
        Texts = names.Split(',').ToDictionary(n => n, n => n + ": "),
        Default = defaultName is null ? "" : defaultName + ": ",
        DefaultName = defaultName,
    };
}
