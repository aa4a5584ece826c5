namespace XlLoraOnnx.Datasets;

/// <summary>A field of a task and the names that its column has in known datasets, the first being the field's own.</summary>
internal sealed record TaskField(params string[] Names)
{
    public string Name => Names[0];
}

/// <summary>Which columns of a table hold the fields of a task.</summary>
internal sealed record TaskColumns
{
    private const string Translated = "_translated", Source = "source_";

    // sentence1 and sentence2: XNLI-1.0; hypo: XNLI-MT-1.0
    private static readonly TaskField[] Xnli = [new("premise", "sentence1"), new("hypothesis", "sentence2", "hypo")];
    private static readonly TaskField[] NusaX = [new("text", "sentence")];
    private static readonly TaskField[] TyDiQa = [new("question"), new("context")];
    private static readonly TaskField Label = new("label", "gold_label", "sentiment");
    private static readonly TaskField Answers = new("answers");
    private static readonly TaskField Id = new("id", "pairID", "idx");
    private static readonly TaskField Language = new("language", "lang");

    public required string[] TextColumns { get; init; }

    public required string[]? SourceTextColumns { get; init; }

    public string? LabelColumn { get; init; }

    public string? AnswersColumn { get; init; }

    public string? SourceAnswersColumn { get; init; }

    public string? IdColumn { get; init; }

    public string? LanguageColumn { get; init; }

    public static IReadOnlyList<TaskField> FieldsOf(TextTask task) => task switch
    {
        TextTask.Xnli => Xnli,
        TextTask.NusaX => NusaX,
        TextTask.TyDiQa => TyDiQa,
        _ => throw TextTaskExtensions.Unknown(task),
    };

    /// <exception cref="ArgumentException">A field is named that the task has not.</exception>
    public static void Validate(TextTask task, TaskExampleOptions options)
    {
        string[] texts = [.. FieldsOf(task).Select(f => f.Name)];
        var gold = task == TextTask.TyDiQa ? Answers.Name : Label.Name;
        Check(options.Columns, [.. texts, gold, Id.Name, Language.Name], task);
        Check(options.SourceColumns, task == TextTask.TyDiQa ? [.. texts, gold] : texts, task);
    }

    /// <param name="names">What the file has.</param>
    /// <exception cref="InvalidDataException">A text has no column, or a column that was asked for is not there.</exception>
    public static TaskColumns Find(IReadOnlyList<string> names, TextTask task, TaskExampleOptions options, string where)
    {
        var found = new Finder(names, task, options, where);
        var fields = FieldsOf(task);
        var isTarget = options.Translated == TranslatedColumns.Target;
        var isQa = task == TextTask.TyDiQa;
        foreach (var other in options.OtherColumns)
            found.Named(other);
        return new TaskColumns
        {
            TextColumns = [.. fields.Select(f => isTarget ? found.TranslatedTarget(f) : found.Text(f))],
            SourceTextColumns = found.Sources(fields, isTarget),
            LabelColumn = isQa ? null : found.Optional(Label),
            AnswersColumn = !isQa ? null : isTarget ? found.Translation(Answers) : found.Optional(Answers),
            SourceAnswersColumn = !isQa ? null : found.Source(Answers, isTarget),
            IdColumn = found.Optional(Id),
            LanguageColumn = found.Optional(Language),
        };
    }

    private static void Check(IReadOnlyDictionary<string, string> columns, string[] allowed, TextTask task)
    {
        if (columns.Keys.FirstOrDefault(k => !allowed.Contains(k)) is { } other)
            throw new ArgumentException(
                $"{task.Word()} has no field \"{other}\" to name a column of; it has {string.Join(", ", allowed)}.");
    }

    private sealed class Finder(IReadOnlyList<string> names, TextTask task, TaskExampleOptions options, string where)
    {
        public string Named(string column) => names.Contains(column) ? column : throw Missing($"no \"{column}\"");

        public string? Optional(TaskField field) => options.Columns.TryGetValue(field.Name, out var column)
            ? Named(column)
            : field.Names.Select(Known).FirstOrDefault(n => n is not null);

        public string Text(TaskField field) => Optional(field) ?? throw Missing(
            $"none of \"{string.Join("\", \"", field.Names)}\", which {task.Word()} needs; name it with --columns {field.Name}=NAME");

        public string TranslatedTarget(TaskField field) => Translation(field) ?? throw Missing(
            $"no \"{field.Name}{Translated}\", the translated side that was asked for; name it with --columns {field.Name}=NAME");

        public string? Translation(TaskField field) =>
            options.Columns.TryGetValue(field.Name, out var column) ? Named(column) : Known(field.Name + Translated);

        /// <summary>Null where no field has one.</summary>
        public string[]? Sources(IReadOnlyList<TaskField> fields, bool isTarget)
        {
            string?[] sources = [.. fields.Select(f => Source(f, isTarget))];
            if (sources.All(s => s is null))
                return null;
            var missing = Array.FindIndex(sources, s => s is null);
            return missing < 0 ? [.. sources.OfType<string>()] : throw Missing(
                $"a source side of {string.Join(", ", sources.OfType<string>().Select(s => $"\"{s}\""))}, but none of " +
                $"\"{fields[missing].Name}\"; name it with --source-columns {fields[missing].Name}=NAME");
        }

        public string? Source(TaskField field, bool isTarget)
        {
            if (options.SourceColumns.TryGetValue(field.Name, out var column))
                return Named(column);
            return isTarget
                ? field.Names.Select(Known).FirstOrDefault(n => n is not null)
                : Known(field.Name + Translated) ?? Known(TaskColumns.Source + field.Name);
        }

        private string? Known(string name) => names.FirstOrDefault(n => n.Equals(name, StringComparison.OrdinalIgnoreCase));

        private InvalidDataException Missing(string what) =>
            new($"{where} has the columns {string.Join(", ", names.Select(n => $"\"{n}\""))} and {what}.");
    }
}
