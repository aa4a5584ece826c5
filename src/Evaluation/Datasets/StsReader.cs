using System.Globalization;
using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>Sentence pairs with scores: tables and JSON with named columns, and the tab-separated files of STS-B and KorSTS.</summary>
/// <remarks>
/// Columns: <c>sentence1</c>, <c>sentence2</c> (or <c>text1</c>, <c>text2</c>; or SemRel's <c>Text</c>, a <see cref="SentencePair"/>) and
/// one of <c>score</c>, <c>label</c>, <c>similarity_score</c>; <c>lang</c> names subsets, as in STS17. The STS-B family (genre, filename,
/// year, id, score, sentence1, sentence2, with or without a header) knows no quotes: there a quote is text.
/// </remarks>
internal static class StsReader
{
    private static readonly string[] FirstNames = ["sentence1", "text1"];
    private static readonly string[] SecondNames = ["sentence2", "text2"];
    private static readonly string[] ScoreNames = ["score", "label", "similarity_score"];
    private static readonly string[] StsBenchmarkColumns = ["genre", "filename", "year", "id", "score", "sentence1", "sentence2"];

    /// <returns>What the columns are, or null where they are not those of sentence pairs.</returns>
    public static StsColumns? Recognize(IReadOnlyList<string> header, string where)
    {
        int first = Find(header, FirstNames), second = Find(header, SecondNames), both = Find(header, ["text"]);
        if ((first < 0 || second < 0) && both < 0)
            return null;
        int[] scores = [.. ScoreNames.Select(n => Find(header, [n])).Where(i => i >= 0)];
        if (scores.Length == 0 && (first < 0 || second < 0))
            return null;
        if (scores.Length != 1)
            throw new InvalidDataException(
                $"{where} has {(scores.Length == 0 ? "no score column" : "several score columns")}: exactly one of " +
                $"{string.Join(", ", ScoreNames)} is needed. Columns found: {string.Join(", ", header.Select(h => $"\"{h}\""))}.");
        var named = first >= 0 && second >= 0;
        var unquoted = Find(header, ["genre"]) >= 0 && Find(header, ["filename"]) >= 0;
        return new StsColumns(
            named ? first : both, named ? second : -1, scores[0], Find(header, ["lang"]), HasHeader: true, Unquoted: unquoted);
    }

    /// <summary>The columns of a table, from its first line and not from its name: the STS-B family is tab-separated and called
    /// <c>.csv</c> by its authors. Null where it holds no sentence pairs.</summary>
    public static async Task<StsColumns?> RecognizeTableAsync(string path, CancellationToken cancellationToken)
    {
        if ((await DataLines.ShapeAsync(path, cancellationToken).ConfigureAwait(false)).Separator == '\t')
        {
            await foreach (var (fields, _) in DataLines.ReadUnquotedAsync(path, cancellationToken).ConfigureAwait(false))
            {
                if (fields.Length >= StsBenchmarkColumns.Length && TryNumber(fields[4], out _) && Find(fields, FirstNames) < 0)
                    return new StsColumns(5, 6, 4, -1, HasHeader: false, Unquoted: true);
                if (fields.Length > 1 && Recognize(fields, path) is { Unquoted: true } columns)
                    return columns;
                break;
            }
        }
        await foreach (var (fields, _) in DataLines.ReadTableAsync(path, cancellationToken).ConfigureAwait(false))
            return Recognize(fields, path);
        return null;
    }

    public static async Task<List<StsPair>> ReadTableAsync(string path, StsColumns columns, CancellationToken cancellationToken)
    {
        var pairs = new List<StsPair>();
        var rows = columns.Unquoted
            ? DataLines.ReadUnquotedAsync(path, cancellationToken)
            : DataLines.ReadTableAsync(path, cancellationToken);
        var header = columns.HasHeader;
        await foreach (var (fields, line) in rows.ConfigureAwait(false))
        {
            if (!header)
                pairs.Add(Pair(fields, columns, $"{path}, line {line}", line));
            header = false;
        }
        return pairs;
    }

    public static async Task<List<StsPair>> ReadJsonLinesAsync(string path, CancellationToken cancellationToken)
    {
        var pairs = new List<StsPair>();
        await foreach (var row in DataLines.ReadJsonAsync(path, cancellationToken).ConfigureAwait(false))
            pairs.Add(Pair(row));
        return pairs;
    }

    private static StsPair Pair(DataObject row)
    {
        var names = row.Names;
        var columns = Recognize(names, row.Where) ?? throw row.Missing("sentence1");
        var (first, second) = columns.Second < 0
            ? SentencePair.Split(row.Text(names[columns.First]), row.Where)
            : (row.Text(names[columns.First]), row.Text(names[columns.Second]));
        var score = JsonScore(row.Element.GetProperty(names[columns.Score]));
        return new StsPair(
            first, second, Score(score, row.Where), row.Line, columns.Subset < 0 ? null : row.OptionalText(names[columns.Subset]));
    }

    private static StsPair Pair(string[] fields, StsColumns columns, string where, long line)
    {
        var last = Math.Max(columns.Score, Math.Max(columns.First, columns.Second));
        if (fields.Length <= last)
            throw new InvalidDataException($"{where} has {fields.Length} fields; at least {last + 1} are needed.");
        var (first, second) = columns.Second < 0
            ? SentencePair.Split(fields[columns.First], where)
            : (fields[columns.First], fields[columns.Second]);
        return new StsPair(first, second, Score(fields[columns.Score], where), line, columns.Subset < 0 ? null : fields[columns.Subset]);
    }

    private static double Score(string text, string where)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw new InvalidDataException($"{where} has no score; every pair needs one. (Test sets are published without scores at " +
                $"first.)");
        return TryNumber(text, out var score)
            ? score
            : throw new InvalidDataException($"{where}: the score is \"{text}\"; it must be a finite number with '.' as decimal point.");
    }

    private static string JsonScore(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    private static int Find(IReadOnlyList<string> header, string[] names)
    {
        int[] found = [.. header.Index().Where(h => names.Contains(h.Item.Trim(), StringComparer.OrdinalIgnoreCase)).Select(h => h.Index)];
        return found.Length == 1 ? found[0] : -1;
    }
}
