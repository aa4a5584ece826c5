namespace XlLoraOnnx.Evaluation;

/// <summary>The layout of BEIR and MTEB: <c>corpus.jsonl</c>, <c>queries.jsonl</c>, <c>qrels/SPLIT.tsv</c> (or <c>.jsonl</c>, or one
/// <c>qrels.tsv</c>).</summary>
internal static class BeirFolder
{
    public const string Layout = "retrieval (BEIR)";
    private const string Corpus = "corpus.jsonl";
    private const string Queries = "queries.jsonl";
    private static readonly string[] PreferredSplits = ["test", "dev", "validation"];

    public static bool IsOne(string folder) =>
        File.Exists(Path.Combine(folder, Corpus)) && File.Exists(Path.Combine(folder, Queries));

    /// <param name="card">What may say the language and the subset; the judgements' name comes first.</param>
    public static async Task<RetrievalData> ReadAsync(
        string folder, DatasetCard? card, EvaluationOptions options, CancellationToken cancellationToken)
    {
        var (qrels, split) = FindJudgements(folder, options);
        string[] files = [Path.Combine(folder, Corpus), Path.Combine(folder, Queries), qrels];
        var builder = new RetrievalBuilder();
        await foreach (var row in DataLines.ReadJsonAsync(files[0], cancellationToken).ConfigureAwait(false))
            builder.AddDocument(row.Id("_id", "id", "docid"), row.OptionalText("title"), row.Text("text"), row.Where);
        await foreach (var row in DataLines.ReadJsonAsync(files[1], cancellationToken).ConfigureAwait(false))
            builder.AddQuery(row.Id("_id", "id", "query_id"), row.OptionalText("text") ?? row.Text("query"), row.Where);
        await Judgements.ReadAsync(qrels, builder, cancellationToken).ConfigureAwait(false);
        var fingerprint = await DataLines.FingerprintAsync(files, cancellationToken).ConfigureAwait(false);
        var name = DataNames.Find(folder, options with { Card = EntryOf(qrels, card) }, split: split);
        return builder.Build(name, folder, $"{Layout}, judgements of {Path.GetRelativePath(folder, qrels)}", fingerprint, []);
    }

    /// <summary>The hub has a config for each of the three parts; that of the judgements is called default, qrels or
    /// SUBSET-qrels.</summary>
    private static CardEntry? EntryOf(string qrels, DatasetCard? card)
    {
        const string Part = "qrels";
        if (card?.Entry(qrels) is not { } entry)
            return null;
        var subset = entry.Subset is { } name && name.EndsWith(Part, StringComparison.Ordinal) ? name[..^Part.Length].TrimEnd('-', '_')
            : entry.Subset;
        return entry with { Subset = string.IsNullOrEmpty(subset) ? null : subset };
    }

    private static (string Path, string? Split) FindJudgements(string folder, EvaluationOptions options)
    {
        string[] single = [Path.Combine(folder, "qrels.tsv"), Path.Combine(folder, "qrels.jsonl")];
        var many = Path.Combine(folder, "qrels");
        string[] found = Directory.Exists(many)
            ? [.. Directory.EnumerateFiles(many).Where(f => Path.GetExtension(f) is ".tsv" or ".txt" or ".qrels" or ".jsonl")
                .Order(StringComparer.Ordinal)]
            : [.. single.Where(File.Exists).Take(1)];
        if (found.Length == 0)
            throw new FileNotFoundException($"{folder} has a corpus and queries, but no judgements: qrels/SPLIT.tsv (or .jsonl) or " +
                $"qrels.tsv is missing.", many);
        var isSingle = single.Contains(found[0]);
        if (options.Split is null && found is [var only])
            return (only, isSingle ? null : SplitOf(only));
        var bySplit = found.ToLookup(SplitOf);
        var split = (options.Split is null ? PreferredSplits : [NameWords.SplitOf(options.Split) ?? options.Split])
            .FirstOrDefault(bySplit.Contains);
        if (split is null && isSingle)
            return (found[0], options.Split);
        return split is null
            ? throw new InvalidDataException(
                $"{many} has judgements for {string.Join(", ", bySplit.Select(s => s.Key))}, not for " +
                $"{options.Split ?? string.Join(" or ", PreferredSplits)}; choose one of them as the split.")
            : (bySplit[split].First(), split);
    }

    /// <summary>The split in a file's name, or else the whole name.</summary>
    private static string SplitOf(string path)
    {
        var stem = Path.GetFileNameWithoutExtension(path);
        return NameWords.Of(stem).Split ?? stem;
    }
}
