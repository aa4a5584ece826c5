using System.Globalization;
using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>Predictions in a file of their own: a table or JSON rows with ids or in the order of the data, or one object of ids and answers
/// as SQuAD's script reads it.</summary>
internal sealed class PredictionTable
{
    private static readonly string[] IdNames = ["id", "pairID", "idx"];

    private readonly string _path;
    private readonly List<(string? Id, string[] Texts)> _rows = [];

    private PredictionTable(string path) => _path = path;

    /// <exception cref="InvalidDataException">It is malformed, lacks a column, or a row has no prediction.</exception>
    public static async Task<PredictionTable> ReadAsync(string path, IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        var table = new PredictionTable(path);
        var shape = await DataLines.ShapeAsync(path, cancellationToken).ConfigureAwait(false);
        if (shape.Kind == DataKind.PlainText)
            throw new InvalidDataException(
                $"{path} is plain text; predictions are read from {string.Join(", ", DataFile.KnownEndings)}, with "
                + $"{string.Join(", ", columns)}.");
        if (shape.Kind == DataKind.Table)
            await table.ReadRowsAsync(columns, cancellationToken).ConfigureAwait(false);
        else if (shape.Kind == DataKind.JsonObject)
            await table.ReadObjectAsync(cancellationToken).ConfigureAwait(false);
        else
            await table.ReadJsonAsync(columns, cancellationToken).ConfigureAwait(false);
        return table._rows.Count > 0 ? table : throw new InvalidDataException($"{path} has no predictions.");
    }

    /// <summary>[column][example]</summary>
    /// <exception cref="InvalidDataException">They are not of these examples.</exception>
    public string[][] For(IReadOnlyList<TaskExample> examples, string path)
    {
        var rows = examples.All(e => e.HasOwnId) && _rows.All(r => r.Id is not null) ? ById(examples) : InOrder(examples, path);
        return [.. Enumerable.Range(0, rows[0].Length).Select(c => Array.ConvertAll(rows, r => r[c]))];
    }

    private string[][] InOrder(IReadOnlyList<TaskExample> examples, string path) => examples.Count == _rows.Count
        ? [.. _rows.Select(r => r.Texts)]
        : throw new InvalidDataException(
            $"{_path} has {_rows.Count} predictions and {path} has {examples.Count} examples; without ids in both each row is of the row "
            + "with the same number.");

    // more of them than examples are no mistake: a file for all languages
    private string[][] ById(IReadOnlyList<TaskExample> examples)
    {
        var byId = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var (id, texts) in _rows)
        {
            if (!byId.TryAdd(id!, texts))
                throw new InvalidDataException($"{_path} has two predictions for the id {id}; each needs one.");
        }
        return [.. examples.Select(e => byId.TryGetValue(e.Id, out var texts)
            ? texts
            : throw new InvalidDataException($"{_path} has no prediction for the id {e.Id} ({e.Where})."))];
    }

    private async Task ReadRowsAsync(IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        string[]? header = null;
        int[] places = [];
        await foreach (var (fields, _) in DataLines.ReadTableAsync(_path, cancellationToken).ConfigureAwait(false))
        {
            if (header is not null)
            {
                var id = Array.FindIndex(header, h => IdNames.Contains(h));
                _rows.Add((id < 0 ? null : fields[id], Array.ConvertAll(places, p => fields[p])));
                continue;
            }
            header = fields;
            places = [.. columns.Select(c => Array.IndexOf(fields, c) is >= 0 and var place ? place : throw Missing(c, fields, _path))];
        }
    }

    private async Task ReadJsonAsync(IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        await foreach (var row in DataLines.ReadJsonAsync(_path, cancellationToken).ConfigureAwait(false))
        {
            if (_rows.Count == 0 && columns.FirstOrDefault(c => !row.Has(c)) is { } missing)
                throw Missing(missing, row.Names, row.Where);
            var id = IdNames.FirstOrDefault(row.Has);
            _rows.Add((id is null ? null : row.Id(id), [.. columns.Select(c => Text(row, c))]));
        }
    }

    private async Task ReadObjectAsync(CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(_path);
        try
        {
            using var document = await JsonDocument.ParseAsync(
                stream, new() { AllowDuplicateProperties = false }, cancellationToken).ConfigureAwait(false);
            var answers = new DataObject(document.RootElement, _path, 1);
            _rows.AddRange(answers.Names.Select(id => ((string?)id, (string[])[answers.Text(id)])));
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{_path} is not valid JSON: {e.Message}", e);
        }
    }

    private static string Text(DataObject row, string column)
    {
        if (row.Has(column) && row.Element.GetProperty(column) is { ValueKind: JsonValueKind.Number } number)
            return number.GetDouble().ToString(CultureInfo.InvariantCulture);
        return row.OptionalText(column) ?? throw new InvalidDataException(
            $"{row.Where} has no \"{column}\"; write an empty text where the system said nothing.");
    }

    private static InvalidDataException Missing(string column, IReadOnlyList<string> names, string where) => new(
        $"{where} has the columns {string.Join(", ", names.Select(n => $"\"{n}\""))} and no \"{column}\"; name the predictions with "
        + "--prediction-column.");
}
