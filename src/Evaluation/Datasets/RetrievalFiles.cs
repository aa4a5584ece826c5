using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>Retrieval data in one file: JSON with corpus, queries and qrels; IndicQA; Belebele; MIRACL with hard negatives.</summary>
internal static class RetrievalFiles
{
    private const long MaxBytes = 1L << 30;

    public static async Task<RetrievalData> ReadJsonAsync(string path, EvaluationOptions options, CancellationToken cancellationToken)
    {
        var builder = new RetrievalBuilder();
        using (var document = UntrustedJson.Parse(path, MaxBytes))
        {
            var root = document.RootElement;
            foreach (var entry in Entries(root, "corpus", path))
                AddDocument(builder, entry, path);
            foreach (var entry in Entries(root, "queries", path))
                builder.AddQuery(entry.Name, Text(entry, "queries", path), path);
            foreach (var query in Entries(root, "qrels", path))
            {
                foreach (var grade in Entries(query.Value, null, $"{path}, qrels of \"{query.Name}\""))
                    builder.AddJudgement(
                        query.Name, grade.Name,
                        Grade.Read(grade.Value, $"{path}, query \"{query.Name}\", document \"{grade.Name}\""), path);
            }
        }
        return await BuildAsync(
            builder, path, "retrieval (JSON: corpus, queries, qrels)", DataNames.Find(path, options), [], cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Contexts are the corpus, questions the queries; a question without an answer is dropped, as MTEB's task does.</summary>
    public static async Task<RetrievalData> ReadIndicQaAsync(string path, EvaluationOptions options, CancellationToken cancellationToken)
    {
        var builder = new RetrievalBuilder();
        int dropped = 0;
        using (var document = UntrustedJson.Parse(path, MaxBytes))
        {
            var root = new DataObject(document.RootElement, path, 0);
            var paragraphs = root.Has("data") ? root.Objects("data").SelectMany(d => d.Objects("paragraphs")) : root.Objects("paragraphs");
            var contexts = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var paragraph in paragraphs)
                dropped += AddParagraph(builder, paragraph, contexts);
        }
        string[] findings = dropped > 0 ? [$"{dropped} questions have no answer and are dropped, as MTEB does"] : [];
        return await BuildAsync(
            builder, path, "retrieval (IndicQA)", DataNames.Find(path, options, "IndicQARetrieval"), findings, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Passages, one a link, are the corpus; questions are the queries; relevant is the passage of the question's link.</summary>
    public static async Task<RetrievalData> ReadBelebeleAsync(string path, EvaluationOptions options, CancellationToken cancellationToken)
    {
        var builder = new RetrievalBuilder();
        var passages = new Dictionary<string, (string Id, string Text)>(StringComparer.Ordinal);
        var questions = new Dictionary<string, string>(StringComparer.Ordinal);
        int others = 0;
        string? language = null;
        await foreach (var row in DataLines.ReadJsonAsync(path, cancellationToken).ConfigureAwait(false))
        {
            language ??= row.OptionalText("dialect");
            var (link, passage, question) = (row.Text("link"), row.Text("flores_passage"), row.Text("question"));
            if (passages.TryAdd(link, ($"C{passages.Count}", passage)))
                builder.AddDocument(passages[link].Id, null, passage, row.Where);
            else if (passages[link].Text != passage)
                others++;
            if (questions.TryAdd(question, $"Q{questions.Count}"))
                builder.AddQuery(questions[question], question, row.Where);
            builder.AddJudgement(questions[question], passages[link].Id, 1, row.Where);
        }
        string[] findings = others > 0 ? [$"{others} rows have another passage than the first of their link, which stands for it, as " +
            $"in MTEB"] : [];
        // MTEB's subsets are pairs: the language of the passages, then that of the questions.
        var name = DataNames.Find(path, options, "BelebeleRetrieval", subset: language is null ? null : $"{language}-{language}");
        return await BuildAsync(builder, path, "retrieval (Belebele)", name, findings, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All passages of all queries are the corpus; positive ones are relevant, negative ones judged and not relevant.</summary>
    public static async Task<RetrievalData> ReadMiraclAsync(string path, EvaluationOptions options, CancellationToken cancellationToken)
    {
        var builder = new RetrievalBuilder();
        await foreach (var row in DataLines.ReadJsonAsync(path, cancellationToken).ConfigureAwait(false))
        {
            var query = row.Id("query_id", "_id", "id");
            builder.AddQuery(query, row.Text("query"), row.Where);
            foreach (var (list, grade) in new[] { ("positive_passages", 1), ("negative_passages", 0) })
            {
                foreach (var passage in row.Has(list) ? row.Objects(list) : [])
                {
                    var id = passage.Id("docid", "_id", "id");
                    builder.AddDocument(id, passage.OptionalText("title"), passage.Text("text"), row.Where);
                    builder.AddJudgement(query, id, grade, row.Where);
                }
            }
        }
        var name = DataNames.Find(path, options, "MIRACLRetrievalHardNegatives", usualSplit: "dev");
        return await BuildAsync(builder, path, "retrieval (MIRACL)", name, [], cancellationToken).ConfigureAwait(false);
    }

    private static async Task<RetrievalData> BuildAsync(
        RetrievalBuilder builder, string path, string layout, DataName name, string[] findings, CancellationToken cancellationToken) =>
        builder.Build(name, path, layout, await DataLines.FingerprintAsync([path], cancellationToken).ConfigureAwait(false), findings);

    private static void AddDocument(RetrievalBuilder builder, JsonProperty entry, string path)
    {
        if (entry.Value.ValueKind == JsonValueKind.Object)
        {
            var document = new DataObject(entry.Value, $"{path}, document \"{entry.Name}\"", 0);
            builder.AddDocument(entry.Name, document.OptionalText("title"), document.Text("text"), path);
        }
        else
        {
            builder.AddDocument(entry.Name, null, Text(entry, "corpus", path), path);
        }
    }

    private static int AddParagraph(RetrievalBuilder builder, DataObject paragraph, Dictionary<string, string> contexts)
    {
        var context = paragraph.Text("context");
        int dropped = 0;
        foreach (var question in paragraph.Objects("qas"))
        {
            if (!question.Has("answers") || question.Objects("answers").All(a => string.IsNullOrEmpty(a.OptionalText("text"))))
            {
                dropped++;
                continue;
            }
            // A context enters the corpus with its first answered question.
            if (contexts.TryAdd(context, $"C{contexts.Count}"))
                builder.AddDocument(contexts[context], null, context, question.Where);
            var id = question.Id("id");
            builder.AddQuery(id, question.Text("question"), question.Where);
            builder.AddJudgement(id, contexts[context], 1, question.Where);
        }
        return dropped;
    }

    private static JsonElement.ObjectEnumerator Entries(JsonElement element, string? name, string where)
    {
        if (name is not null && !element.TryGetProperty(name, out element))
            throw new InvalidDataException($"{where} has no \"{name}\"; corpus, queries and qrels are needed.");
        return element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject()
            : throw new InvalidDataException($"{where}: {(name is null ? "they are" : $"\"{name}\" is")} a JSON {element.ValueKind}; " +
                $"it must be an object.");
    }

    private static string Text(JsonProperty entry, string name, string path) => entry.Value.ValueKind == JsonValueKind.String
        ? entry.Value.GetString()!
        : throw new InvalidDataException($"{path}: \"{entry.Name}\" of {name} is a JSON {entry.Value.ValueKind}; it must be a string.");
}
