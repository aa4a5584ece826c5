using System.Runtime.CompilerServices;
using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>Translations beside their references: CSV, TSV, JSON lines, a JSON list, Parquet.</summary>
internal static class TranslationTable
{
    /// <returns>A set for each pair of languages in it.</returns>
    /// <exception cref="InvalidDataException">It is malformed, has not the columns, or a row without a translation or a
    /// reference.</exception>
    public static async Task<IReadOnlyList<TranslationSet>> ReadAsync(
        string path, TranslationOptions options, CancellationToken cancellationToken)
    {
        TranslationColumns? columns = null;
        var pairs = new OrderedDictionary<string, (List<string[]> References, List<string>[] Hypotheses)>(StringComparer.Ordinal);
        await foreach (var row in RowsAsync(path, cancellationToken).ConfigureAwait(false))
        {
            columns ??= TranslationColumns.Find(row.Names, options, path);
            var name = PairOf(row, columns) ?? options.Subset ?? "default";
            if (!pairs.TryGetValue(name, out var pair))
                pairs[name] = pair = ([], [.. columns.Hypotheses.Select(_ => new List<string>())]);
            foreach (var (i, column) in columns.Hypotheses.Index())
                pair.Hypotheses[i].Add(row.Texts(column) is [var text]
                    ? text
                    : throw new InvalidDataException(
                        $"{row.Where}: \"{column}\" is no translation; write an empty text where there is none."));
            string[] references = [.. columns.References.SelectMany(row.Texts)];
            pair.References.Add(references.Length > 0
                ? references
                : throw new InvalidDataException(
                    $"{row.Where} has no reference in {string.Join(", ", columns.References)}; each needs one."));
        }
        if (columns is null)
            throw new InvalidDataException($"{path} has no rows.");
        var stem = Path.GetFileName(path).Split('.')[0];
        string[] systems = columns.Hypotheses is [_] ? [options.SystemName ?? stem] : columns.Hypotheses;
        return [.. pairs.Select(pair => new TranslationSet
        {
            TaskName = options.TaskName ?? stem,
            Split = options.Split ?? "test",
            Subset = pair.Key,
            References = pair.Value.References,
            Systems = [.. systems.Zip(pair.Value.Hypotheses, (s, h) => KeyValuePair.Create<string, IReadOnlyList<string>>(s, h))],
            Source = path,
        })];
    }

    private static string? PairOf(Row row, TranslationColumns columns)
    {
        var target = columns.Target is null ? null : row.Texts(columns.Target).FirstOrDefault();
        var source = columns.Source is null ? null : row.Texts(columns.Source).FirstOrDefault();
        return source is not null && target is not null ? $"{source}-{target}" : target;
    }

    private static async IAsyncEnumerable<Row> RowsAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var shape = await DataLines.ShapeAsync(path, cancellationToken).ConfigureAwait(false);
        if (shape.Kind == DataKind.PlainText)
            throw new InvalidDataException(
                $"{path} is plain text. Give a table with translations and references (.csv, .tsv, .jsonl, .parquet), or the " +
                "translations with --hypotheses.");
        if (shape.Kind != DataKind.Table)
        {
            await foreach (var row in DataLines.ReadJsonAsync(path, cancellationToken).ConfigureAwait(false))
                yield return new Row(row.Where, row.Names, name => Texts(row, name));
            yield break;
        }
        string[]? header = null;
        await foreach (var (fields, line) in DataLines.ReadTableAsync(path, cancellationToken).ConfigureAwait(false))
        {
            if (header is null)
                header = fields;
            else
                yield return new Row($"{path}, line {line}", header, name => Texts(header, fields, name));
        }
    }

    // A table cannot tell an empty text from none: of references beyond the first, none is meant.
    private static string[] Texts(string[] header, string[] fields, string name)
    {
        var field = fields[Array.IndexOf(header, name)];
        return field.Length == 0 && char.IsAsciiDigit(name[^1]) && !name.EndsWith('1') ? [] : [field];
    }

    /// <summary>A string, a list of strings, or null for none.</summary>
    private static string[] Texts(DataObject row, string name)
    {
        if (!row.Element.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Array)
            return row.OptionalText(name) is { } text ? [text] : [];
        return [.. value.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String
            ? e.GetString()!
            : throw new InvalidDataException($"{row.Where}: \"{name}\" has a JSON {e.ValueKind}; it must be a list of strings."))];
    }

    private sealed record Row(string Where, IReadOnlyList<string> Names, Func<string, string[]> Texts);
}
