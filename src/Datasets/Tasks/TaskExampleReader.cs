namespace XlLoraOnnx.Datasets;

/// <summary>Rows to examples.</summary>
internal sealed class TaskExampleReader(TextTask task, TaskExampleOptions options)
{
    // XNLI-1.0: its annotators did not agree
    private const string NoConsensus = "-";

    // ids of TyDi QA, gold passage: swahili-4876-…
    private static readonly Dictionary<string, string> LanguagesOfIds = new(StringComparer.Ordinal)
    {
        ["arabic"] = "ar",
        ["bengali"] = "bn",
        ["english"] = "en",
        ["finnish"] = "fi",
        ["indonesian"] = "id",
        ["japanese"] = "ja",
        ["korean"] = "ko",
        ["russian"] = "ru",
        ["swahili"] = "sw",
        ["telugu"] = "te",
        ["thai"] = "th",
    };

    private IReadOnlyList<string>? _names;
    private TaskColumns? _columns;

    /// <summary>Examples of a row: several where it holds all languages.</summary>
    /// <param name="skipped">Is told why there is none.</param>
    public IEnumerable<TaskExample> Of(TaskRow row, Action<SkippedRow>? skipped)
    {
        if (_columns is null || !ReferenceEquals(_names, row.Names) && !_names!.SequenceEqual(row.Names))
            (_names, _columns) = (row.Names, TaskColumns.Find(row.Names, task, options, row.Where));
        var columns = _columns;
        var label = columns.LabelColumn is null ? null : row.Text(columns.LabelColumn);
        if (task == TextTask.Xnli && label == NoConsensus)
        {
            skipped?.Invoke(new SkippedRow(row.Where, "no label that annotators agreed upon (-)"));
            return [];
        }
        var example = new TaskExample
        {
            Id = IdOf(row) ?? row.Number.ToString(System.Globalization.CultureInfo.InvariantCulture),
            HasOwnId = IdOf(row) is not null,
            Texts = [],
            Label = columns.LabelColumn is null ? null : LabelOf(row, label),
            Others = [.. options.OtherColumns.Select(row.Text)],
            Where = row.Where,
        };
        return columns.TextColumns.All(row.IsObject) ? OfAllLanguages(row, example) : OfOne(row, example);
    }

    private string? IdOf(TaskRow row) => _columns!.IdColumn is { } column && row.Text(column) is { Length: > 0 } id ? id : null;

    private int? LabelOf(TaskRow row, string? text)
    {
        // the hub's number for a label that is not published
        if (string.IsNullOrWhiteSpace(text) || text == "-1")
            return null;
        var labels = task.Labels();
        return task.LabelOf(text) ?? throw new InvalidDataException(
            $"{row.Where}: \"{_columns!.LabelColumn}\" is \"{Shortened.Of(text)}\"; a label of {task.Word()} is " +
            $"{string.Join(", ", labels.Select((l, i) => $"{i} or {l}"))}.");
    }

    private IEnumerable<TaskExample> OfOne(TaskRow row, TaskExample example)
    {
        var columns = _columns!;
        var language = columns.LanguageColumn is { } column && row.Text(column) is { Length: > 0 } said ? said : LanguageOfId(example);
        if (options.Language is not null && language is not null && language != options.Language)
            return [];
        string[] texts = [.. columns.TextColumns.Select(c => Text(row, c))];
        string[]? sources = columns.SourceTextColumns is null ? null : [.. columns.SourceTextColumns.Select(c => Text(row, c))];
        return
        [
            example with
            {
                Texts = texts,
                SourceTexts = sources,
                Language = language ?? options.Language,
                Answers = AnswersOf(row, columns.AnswersColumn, texts),
                SourceAnswers = sources is null ? [] : AnswersOf(row, columns.SourceAnswersColumn, sources),
            },
        ];
    }

    private IReadOnlyList<TaskAnswer> AnswersOf(TaskRow row, string? column, string[] texts) =>
        column is null ? [] : AnswerReader.Read(row, column, texts[^1], options.AllowsMisplacedAnswers);

    private static string Text(TaskRow row, string column)
    {
        var text = row.Text(column);
        return !string.IsNullOrWhiteSpace(text) ? text : throw new InvalidDataException(
            $"{row.Where}: \"{column}\" is {(text is null ? "missing" : "empty")}; each row needs a text there. Mend the row or leave it " +
            "out.");
    }

    private string? LanguageOfId(TaskExample example) => task == TextTask.TyDiQa && example.HasOwnId
        ? LanguagesOfIds.GetValueOrDefault(example.Id.Split('-')[0]) : null;

    private IEnumerable<TaskExample> OfAllLanguages(TaskRow row, TaskExample example)
    {
        var fields = _columns!.TextColumns.Select(c => (Column: c, Texts: LanguageTexts.Read(row, c))).ToList();
        foreach (var language in fields[0].Texts.Keys.Where(l => options.Language is null || l == options.Language))
        {
            yield return example with
            {
                Texts = [.. fields.Select(f => f.Texts.TryGetValue(language, out var text) && !string.IsNullOrWhiteSpace(text)
                    ? text
                    : throw new InvalidDataException(
                        $"{row.Where}: \"{f.Column}\" has no text in {language}; it has {string.Join(", ", f.Texts.Keys)}."))],
                Language = language,
            };
        }
    }
}
