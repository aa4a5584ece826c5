namespace XlLoraOnnx.Evaluation;

/// <summary>Collects documents, queries and judgements of any layout, and what is odd about them.</summary>
internal sealed class RetrievalBuilder
{
    private readonly Dictionary<string, string> _documents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _queries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, int>> _judgements = new(StringComparer.Ordinal);
    private readonly List<string> _queryOrder = [];
    private int _repeatedDocuments;
    private int _repeatedQueries;
    private int _repeatedJudgements;

    public int Documents => _documents.Count;

    /// <summary>Title and text as MTEB joins them for an encoder.</summary>
    public void AddDocument(string id, string? title, string text, string where)
    {
        var joined = string.IsNullOrEmpty(title) ? text.Trim() : $"{title} {text}".Trim();
        if (Add(_documents, id, joined, "document", where))
            _repeatedDocuments++;
    }

    public void AddQuery(string id, string text, string where)
    {
        if (Add(_queries, id, text, "query", where))
            _repeatedQueries++;
        else
            _queryOrder.Add(id);
    }

    public void AddJudgement(string query, string document, int grade, string where)
    {
        if (!_judgements.TryGetValue(query, out var grades))
            _judgements[query] = grades = new(StringComparer.Ordinal);
        if (grades.TryAdd(document, grade))
            return;
        if (grades[document] != grade)
            throw new InvalidDataException(
                $"{where}: document \"{document}\" is judged {grade} for query \"{query}\", but {grades[document]} before; one of them " +
                $"is wrong.");
        _repeatedJudgements++;
    }

    /// <exception cref="InvalidDataException">There is nothing to search, to search in, or to judge by.</exception>
    public RetrievalData Build(DataName name, string source, string layout, string fingerprint, IEnumerable<string> findings)
    {
        var documents = _documents.Select(d => new TextItem(d.Key, d.Value)).ToArray();
        Array.Sort(documents, (a, b) => TrecOrder.Compare(b.Id, a.Id));
        var rows = documents.Index().ToDictionary(d => d.Item.Id, d => d.Index, StringComparer.Ordinal);
        var queries = _queryOrder.Where(_judgements.ContainsKey).Select(id => Judged(id, rows)).ToList();
        if (documents.Length == 0 || queries.Count == 0)
            throw new InvalidDataException(
                $"{source} ({layout}) has {documents.Length} documents, {_queries.Count} queries and judgements of {_judgements.Count} " +
                $"queries, of which {queries.Count} are among the queries; at least one of each is needed. Do the ids of the files agree?");
        return new RetrievalData
        {
            Name = name,
            Source = source,
            Layout = layout,
            Fingerprint = fingerprint,
            Documents = documents,
            Queries = queries,
            Findings = [.. findings, .. Findings(queries)],
        };
    }

    private static bool Add(Dictionary<string, string> texts, string id, string text, string kind, string where)
    {
        if (texts.TryAdd(id, text))
            return false;
        if (texts[id] == text)
            return true;
        throw new InvalidDataException(
            $"{where}: the {kind} id \"{id}\" occurs twice with different text (\"{Shortened.Of(texts[id])}\", " +
            $"\"{Shortened.Of(text)}\"); " +
            "ids must be unique, or judgements mean nothing.");
    }

    private JudgedQuery Judged(string id, Dictionary<string, int> rows)
    {
        var judged = _judgements[id];
        var known = judged.Where(g => rows.ContainsKey(g.Key)).ToDictionary(g => rows[g.Key], g => g.Value);
        return new JudgedQuery(id, _queries[id], known, [.. judged.Values]);
    }

    private IEnumerable<string> Findings(List<JudgedQuery> queries)
    {
        var unknown = queries.Sum(q => q.AllGrades.Count - q.Grades.Count);
        (int Count, string Text)[] all =
        [
            (_repeatedDocuments, "documents occur again with the same id and text; each is searched once"),
            (_repeatedQueries, "queries occur again with the same id and text; each is counted once"),
            (_repeatedJudgements, "judgements occur again; each is counted once"),
            (unknown, "judgements name documents that are not in the corpus; as in trec_eval they count as not found"),
            (_judgements.Keys.Count(q => !_queries.ContainsKey(q)), "judged queries have no text and are left out"),
            (_queries.Keys.Count(q => !_judgements.ContainsKey(q)), "queries have no judgement and are left out"),
            (queries.Count(q => q.AllGrades.All(g => g <= 0)), "queries have no relevant document; as in trec_eval they count as 0"),
            (_documents.Values.Count(string.IsNullOrWhiteSpace), "documents are empty"),
            (queries.Count(q => string.IsNullOrWhiteSpace(q.Text)), "queries are empty"),
        ];
        return all.Where(f => f.Count > 0).Select(f => $"{f.Count} {f.Text}");
    }
}
