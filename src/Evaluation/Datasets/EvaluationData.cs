namespace XlLoraOnnx.Evaluation;

/// <summary>Under which names data is filed: an MTEB task, split and subset, and the languages in it.</summary>
internal sealed record DataName(string TaskName, string Split, string Subset, IReadOnlyList<string> Languages);

/// <summary>Data to measure on, as read.</summary>
internal abstract record EvaluationData
{
    public required DataName Name { get; init; }

    /// <summary>The file or folder.</summary>
    public required string Source { get; init; }

    /// <summary>As what it was recognised.</summary>
    public required string Layout { get; init; }

    /// <summary>SHA-256 of the files.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>What a reader of the numbers should know about the data: one sentence each.</summary>
    public required IReadOnlyList<string> Findings { get; init; }

    /// <summary>Whether it was found in a folder, and not named by itself: then the others go on without it.</summary>
    public bool FromFolder { get; init; }
}

/// <summary>Pairs of sentences with human scores.</summary>
internal sealed record StsData : EvaluationData
{
    public required IReadOnlyList<StsPair> Pairs { get; init; }
}

/// <param name="Line">Line of the file in which the pair ends, counted from 1.</param>
/// <param name="Subset">What the file itself says (column <c>lang</c>); null where it does not.</param>
internal sealed record StsPair(string Sentence1, string Sentence2, double Score, long Line, string? Subset);

/// <summary>Queries, documents and which of them belong together.</summary>
internal sealed record RetrievalData : EvaluationData
{
    /// <summary>By descending id, so that trec_eval's order of ties is the order of the rows.</summary>
    public required IReadOnlyList<TextItem> Documents { get; init; }

    /// <summary>Queries that have judgements.</summary>
    public required IReadOnlyList<JudgedQuery> Queries { get; init; }
}

internal sealed record TextItem(string Id, string Text);

/// <param name="Grades">Row of a document → its grade.</param>
/// <param name="AllGrades">Every grade, also of documents that are not in the corpus: trec_eval counts those as not found.</param>
internal sealed record JudgedQuery(string Id, string Text, IReadOnlyDictionary<int, int> Grades, IReadOnlyList<int> AllGrades);
