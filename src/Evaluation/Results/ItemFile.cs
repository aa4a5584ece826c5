using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>A file of item scores that an earlier evaluation wrote.</summary>
internal sealed record ItemFile
{
    public const int Version = 1;

    public required string Path { get; init; }

    public required EvaluationTask Task { get; init; }

    public required string TaskName { get; init; }

    public required string Split { get; init; }

    public required string Subset { get; init; }

    public required string Model { get; init; }

    public required string Fingerprint { get; init; }

    public required ItemScores Items { get; init; }

    /// <summary>Of predictions: what the system read.</summary>
    public string? Setting { get; init; }

    /// <summary>Of translations: score → how it was computed.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Signatures { get; init; } = [];

    public string Key => $"{TaskName}, split {Split}, subset {Subset}, {EvaluationFiles.TaskWord(Task)}";

    /// <summary>All files of items below a folder, which must be of one model.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It has none, those of several models, or a malformed one.</exception>
    public static async Task<IReadOnlyList<ItemFile>> ReadFolderAsync(string folder, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder {folder} with results to compare.");
        var files = new List<ItemFile>();
        var paths = Directory.EnumerateFiles(folder, "*" + EvaluationFiles.ItemsSuffix, SearchOption.AllDirectories);
        foreach (var path in paths.Order(StringComparer.Ordinal))
            files.Add(await ReadAsync(path, cancellationToken).ConfigureAwait(false));
        if (files.Count == 0)
            throw new InvalidDataException($"{folder} has no *{EvaluationFiles.ItemsSuffix}; give the folder that evaluate --output " +
                $"wrote.");
        var models = files.GroupBy(f => System.IO.Path.GetDirectoryName(f.Path)).ToList();
        if (models.Count > 1)
            throw new InvalidDataException(
                $"{folder} has results of several models or revisions; give the folder of one: " +
                $"{string.Join(", ", models.Select(m => m.Key))}.");
        return files;
    }

    private static async Task<ItemFile> ReadAsync(string path, CancellationToken cancellationToken)
    {
        ItemFile? file = null;
        string[] columns = [];
        var ids = new List<string>();
        var rows = new List<double[]>();
        await foreach (var line in DataLines.ReadJsonAsync(path, cancellationToken).ConfigureAwait(false))
        {
            if (file is null)
            {
                file = Header(line, path);
                continue;
            }
            if (ids.Count == 0)
                columns = [.. line.Names.Where(n => n != "id")];
            ids.Add(line.Id("id"));
            rows.Add([.. columns.Select(c => Number(line, c))]);
        }
        if (file is null || ids.Count == 0)
            throw new InvalidDataException($"{path} holds no items; write it again with evaluate --output.");
        if (ids.Distinct(StringComparer.Ordinal).Count() != ids.Count)
            throw new InvalidDataException($"{path} has an id twice; write it again with evaluate --output.");
        return file with { Items = new ItemScores(ids, columns, [.. columns.Select((_, c) => rows.Select(r => r[c]).ToArray())]) };
    }

    private static ItemFile Header(DataObject line, string path)
    {
        if (!line.Has("xllora_items") || line.Id("xllora_items") != "1")
            throw new InvalidDataException(
                $"{line.Where} is not the header of a file of items (\"xllora_items\": {Version}); write it again with evaluate --output.");
        return new ItemFile
        {
            Path = path,
            Task = line.Text("task") switch
            {
                "sts" => EvaluationTask.Sts,
                "retrieval" => EvaluationTask.Retrieval,
                "alignment" => EvaluationTask.Alignment,
                "translation" => EvaluationTask.Translation,
                "xnli" => EvaluationTask.Xnli,
                "nusax" => EvaluationTask.NusaX,
                "tydiqa" => EvaluationTask.TyDiQa,
                var other => throw new InvalidDataException(
                    $"{line.Where}: the task is \"{other}\"; sts, retrieval, alignment, translation, xnli, nusax or tydiqa are known."),
            },
            TaskName = line.Text("task_name"),
            Split = line.Text("split"),
            Subset = line.Text("subset"),
            Model = line.Text("model"),
            Fingerprint = line.Text("fingerprint"),
            Setting = line.OptionalText("setting"),
            Items = new ItemScores([], [], []),
            Signatures = line.Has("signatures") ? SignaturesOf(line) : [],
        };
    }

    private static IReadOnlyList<KeyValuePair<string, string>> SignaturesOf(DataObject line)
    {
        var value = line.Element.GetProperty("signatures");
        if (value.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{line.Where}: \"signatures\" is a JSON {value.ValueKind}; it must be an object.");
        var signatures = new DataObject(value, $"{line.Where}, \"signatures\"", line.Line);
        return [.. signatures.Names.Select(n => KeyValuePair.Create(n, signatures.Text(n)))];
    }

    private static double Number(DataObject line, string column)
    {
        if (!line.Has(column))
            throw line.Missing(column);
        var value = line.Element.GetProperty(column);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw new InvalidDataException($"{line.Where}: \"{column}\" is {value.GetRawText()}; it must be a finite number.");
    }
}
