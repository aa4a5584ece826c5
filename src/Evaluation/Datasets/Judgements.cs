namespace XlLoraOnnx.Evaluation;

/// <summary>A file of judgements: JSON lines, or a table of query, document and grade, or TREC's four columns.</summary>
internal static class Judgements
{
    private static readonly string[] QueryNames = ["query-id", "query_id", "queryid", "qid", "query", "topic"];
    private static readonly string[] DocumentNames =
        ["corpus-id", "corpus_id", "corpusid", "document-id", "doc-id", "doc_id", "docid", "docno", "document", "document#", "doc"];

    private static readonly string[] GradeNames =
        ["score", "grade", "rel", "relevance", "relevancy", "label", "judgment", "judgement"];

    public static Task ReadAsync(string path, RetrievalBuilder builder, CancellationToken cancellationToken) =>
        Path.GetExtension(path).Equals(".jsonl", StringComparison.OrdinalIgnoreCase)
            ? ReadJsonAsync(path, builder, cancellationToken)
            : ReadTableAsync(path, builder, cancellationToken);

    private static async Task ReadJsonAsync(string path, RetrievalBuilder builder, CancellationToken cancellationToken)
    {
        await foreach (var row in DataLines.ReadJsonAsync(path, cancellationToken).ConfigureAwait(false))
        {
            if (!row.Element.TryGetProperty("score", out var score))
                throw row.Missing("score");
            builder.AddJudgement(
                row.Id("query-id", "query_id"), row.Id("corpus-id", "corpus_id"), Grade.Read(score, row.Where), row.Where);
        }
    }

    /// <summary>Tab-separated query, document, grade; or TREC's four columns, whose second one means nothing. A first line may name
    /// them.</summary>
    private static async Task ReadTableAsync(string path, RetrievalBuilder builder, CancellationToken cancellationToken)
    {
        Columns? named = null;
        var first = true;
        await foreach (var (fields, line) in DataLines.ReadUnquotedAsync(path, cancellationToken).ConfigureAwait(false))
        {
            var where = $"{path}, line {line}";
            var parts = fields.Length == 1 ? fields[0].Split(' ', StringSplitOptions.RemoveEmptyEntries) : fields;
            if (parts.Length is not (3 or 4))
                throw new InvalidDataException(
                    $"{where} has {parts.Length} columns; judgements have query-id, corpus-id and score, or TREC's four: query, 0, " +
                    $"document, grade.");
            if (first && (named = Header(parts)) is not null)
            {
                first = false;
                continue;
            }
            first = false;
            var columns = named is not null && Math.Max(named.Query, Math.Max(named.Document, named.Grade)) < parts.Length
                ? named
                : new Columns(0, parts.Length - 2, parts.Length - 1);
            builder.AddJudgement(parts[columns.Query], parts[columns.Document], Grade.Read(parts[columns.Grade], where), where);
        }
    }

    private sealed record Columns(int Query, int Document, int Grade);

    /// <summary>Where a header puts what; null for a line of data, whose grade is then read as any other.</summary>
    private static Columns? Header(string[] parts)
    {
        if (parts.Any(p => Grade.IsNumber(p) && p != "0"))
            return null;
        int query = Find(parts, QueryNames), document = Find(parts, DocumentNames), grade = Find(parts, GradeNames);
        if (query >= 0 && document >= 0 && grade >= 0)
            return new Columns(query, document, grade);
        return query >= 0 || grade >= 0 ? new Columns(0, parts.Length - 2, parts.Length - 1) : null;
    }

    private static int Find(string[] parts, string[] names) =>
        Array.FindIndex(parts, p => names.Contains(p.Trim(), StringComparer.OrdinalIgnoreCase));
}
