using System.Globalization;

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

    public static async Task<RetrievalData> ReadAsync(string folder, EvaluationOptions options, CancellationToken cancellationToken)
    {
        var (qrels, split) = FindJudgements(folder, options);
        string[] files = [Path.Combine(folder, Corpus), Path.Combine(folder, Queries), qrels];
        var builder = new RetrievalBuilder();
        await foreach (var row in DataLines.ReadJsonAsync(files[0], cancellationToken).ConfigureAwait(false))
            builder.AddDocument(row.Id("_id", "id", "docid"), row.OptionalText("title"), row.Text("text"), row.Where);
        await foreach (var row in DataLines.ReadJsonAsync(files[1], cancellationToken).ConfigureAwait(false))
            builder.AddQuery(row.Id("_id", "id", "query_id"), row.OptionalText("text") ?? row.Text("query"), row.Where);
        if (Path.GetExtension(qrels).Equals(".jsonl", StringComparison.OrdinalIgnoreCase))
            await ReadJsonJudgementsAsync(qrels, builder, cancellationToken).ConfigureAwait(false);
        else
            await ReadTableJudgementsAsync(qrels, builder, cancellationToken).ConfigureAwait(false);
        var fingerprint = await DataLines.FingerprintAsync(files, cancellationToken).ConfigureAwait(false);
        var name = DataNames.Find(folder, options, split: split);
        return builder.Build(name, folder, $"{Layout}, judgements of {Path.GetRelativePath(folder, qrels)}", fingerprint, []);
    }

    private static (string Path, string? Split) FindJudgements(string folder, EvaluationOptions options)
    {
        var single = Path.Combine(folder, "qrels.tsv");
        var many = Path.Combine(folder, "qrels");
        string[] found = Directory.Exists(many)
            ? [.. Directory.EnumerateFiles(many).Where(f => Path.GetExtension(f) is ".tsv" or ".txt" or ".qrels" or ".jsonl")
                .Order(StringComparer.Ordinal)]
            : File.Exists(single) ? [single] : [];
        if (found.Length == 0)
            throw new FileNotFoundException($"{folder} has a corpus and queries, but no judgements: qrels/SPLIT.tsv or qrels.tsv is " +
                $"missing.", many);
        if (found is [var only] && options.Split is null)
            return (only, only == single ? null : Path.GetFileNameWithoutExtension(only));
        var byName = found.ToLookup(f => Path.GetFileNameWithoutExtension(f));
        var split = (options.Split is { } wanted ? [wanted] : PreferredSplits).FirstOrDefault(byName.Contains);
        if (split is null && found is [var unnamed] && unnamed == single)
            return (single, options.Split);
        return split is null
            ? throw new InvalidDataException(
                $"{many} has judgements for {string.Join(", ", found.Select(Path.GetFileNameWithoutExtension))}, not for " +
                $"{options.Split ?? string.Join(" or ", PreferredSplits)}; choose one of them as the split.")
            : (byName[split].First(), split);
    }

    private static async Task ReadJsonJudgementsAsync(string path, RetrievalBuilder builder, CancellationToken cancellationToken)
    {
        await foreach (var row in DataLines.ReadJsonAsync(path, cancellationToken).ConfigureAwait(false))
        {
            var grade = Grade(row.Id("score"), row.Where);
            builder.AddJudgement(row.Id("query-id", "query_id"), row.Id("corpus-id", "corpus_id"), grade, row.Where);
        }
    }

    /// <summary>Tab-separated query, document, grade with a header; or TREC's four columns, whose second one means nothing.</summary>
    private static async Task ReadTableJudgementsAsync(string path, RetrievalBuilder builder, CancellationToken cancellationToken)
    {
        await foreach (var (fields, line) in DataLines.ReadUnquotedAsync(path, cancellationToken).ConfigureAwait(false))
        {
            var where = $"{path}, line {line}";
            var parts = fields.Length == 1 ? fields[0].Split(' ', StringSplitOptions.RemoveEmptyEntries) : fields;
            if (line == 1 && parts.Length == 3 && !TryGrade(parts[2], out _))
                continue;
            if (parts.Length is not (3 or 4))
                throw new InvalidDataException(
                    $"{where} has {parts.Length} columns; judgements have query-id, corpus-id and score, or TREC's four: query, 0, " +
                    $"document, grade.");
            builder.AddJudgement(parts[0], parts[^2], Grade(parts[^1], where), where);
        }
    }

    private static int Grade(string text, string where) =>
        TryGrade(text, out var grade)
            ? grade
            : throw new InvalidDataException($"{where}: the grade is \"{text}\"; it must be a whole number.");

    private static bool TryGrade(string text, out int grade) =>
        int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out grade);
}
