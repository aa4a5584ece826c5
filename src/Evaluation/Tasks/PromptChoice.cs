namespace XlLoraOnnx.Evaluation;

/// <summary>Which of the model's prompts stands before which texts of a task.</summary>
/// <remarks>
/// The names and their order are mteb's (models/abs_encoder.py, <c>get_prompt_name</c>); then those that sentence-transformers tries
/// (sentence_transformer/model.py, <c>encode_query</c> and <c>encode_document</c>). Neither falls back to the default prompt for queries
/// and documents: there a model has a <c>query</c> and a <c>document</c>, if only empty ones.
/// </remarks>
internal sealed class PromptChoice(EvaluationOptions options, EmbeddingPrompts prompts)
{
    public const string Sentences = "sentences";
    public const string Queries = "queries";
    public const string Documents = "documents";

    /// <summary>Before both sentences of a pair: the prompt of the task or of all STS tasks, else the default one.</summary>
    public UsedPrompt ForSentences(DataName data) =>
        Given(Sentences, null) ?? Named(Sentences, [data.TaskName, "STS"])
        ?? new UsedPrompt(Sentences, prompts.Default, prompts.DefaultName);

    public UsedPrompt ForQueries(DataName data) =>
        Given(Queries, options.QueryPrompt) ?? Named(Queries, Names(data, "query")) ?? new UsedPrompt(Queries, "", null);

    public UsedPrompt ForDocuments(DataName data) =>
        Given(Documents, options.DocumentPrompt) ?? Named(Documents, [.. Names(data, "document"), "passage", "corpus"])
        ?? new UsedPrompt(Documents, "", null);

    /// <returns>What a reader of the score should know; null where a prompt was used or the model has none.</returns>
    public string? Finding(IReadOnlyList<UsedPrompt> used) =>
        options.HasPrompts || used.Any(u => u.Prompt.Length > 0) || prompts.Texts.Values.All(p => p.Length == 0)
            ? null
            : $"none of the model's prompts ({string.Join(", ", prompts.Texts.Keys.Order(StringComparer.Ordinal))}) is meant for this " +
                "task, as MTEB chooses them by name; another one can be asked for";

    private static string[] Names(DataName data, string role) =>
        [$"{data.TaskName}-{role}", data.TaskName, $"Retrieval-{role}", "Retrieval", role];

    private UsedPrompt? Given(string texts, string? own) => (own ?? options.Prompt) is { } text ? new UsedPrompt(texts, text, null) : null;

    private UsedPrompt? Named(string texts, string[] names) =>
        names.FirstOrDefault(prompts.Texts.ContainsKey) is { } name ? new UsedPrompt(texts, prompts.Texts[name], name) : null;
}
