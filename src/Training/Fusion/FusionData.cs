namespace XlLoraOnnx.Training;

/// <summary>The rows that are trained on, in the order of the file.</summary>
internal sealed class FusionData
{
    private const int MostShown = 5;

    private readonly List<string> _notices = [];

    private FusionData(string path, TaskExampleSet set, IReadOnlyList<TaskExample> rows, string sha256, string? notice)
    {
        (Rows, Sha256) = (rows, sha256);
        Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (notice is not null)
            _notices.Add(notice);
        foreach (var group in set.Skipped.GroupBy(s => s.Reason))
        {
            string[] where = [.. group.Select(s => s.Where)];
            _notices.Add($"{where.Length} rows of {Name} are left out, {group.Key}: {string.Join("; ", where.Take(MostShown))}"
                + (where.Length > MostShown ? "; …" : "."));
        }
    }

    /// <summary>Of the file or folder.</summary>
    public string Name { get; }

    public IReadOnlyList<TaskExample> Rows { get; }

    /// <summary>As <see cref="DataSum"/> makes it.</summary>
    public string Sha256 { get; }

    /// <summary>What tells this data from other data: <see cref="Sha256"/> and how many rows are taken of it.</summary>
    public string Fingerprint => FormattableString.Invariant($"{Sha256}:{Rows.Count}");

    public IReadOnlyList<string> Notices => _notices;

    /// <summary>Where a row lies, for messages.</summary>
    public string Where(int row) => Rows[row].Where;

    /// <param name="path">What <see cref="Dataset.Open"/> takes, standard input excepted.</param>
    /// <param name="sourcePath">The same rows in the source language; null where they are in the data.</param>
    /// <param name="mostRows">Null for all.</param>
    /// <exception cref="InvalidDataException">It is malformed, or has no row to train on.</exception>
    public static async Task<FusionData> ReadAsync(
        string path, string? sourcePath, int? mostRows, FusionTrainingOptions options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path == StrictUtf8.StandardInput || sourcePath == StrictUtf8.StandardInput)
            throw new NotSupportedException(
                "Training data is read again when a run is taken up, which standard input cannot be: give a file.");
        var reading = new TaskExampleOptions { Language = options.TargetLanguage };
        var side = options.Translated ?? await SideAsync(path, reading, options, cancellationToken).ConfigureAwait(false);
        reading = reading with { Translated = side };
        var set = await TaskExamples.LoadAsync(path, options.Task, reading, sourcePath, cancellationToken).ConfigureAwait(false);
        // the same rows in several languages, of which one is the source
        if (options is { TakesSource: true, SourceLanguage: { } language } && sourcePath is null
            && set.Examples.All(e => e.SourceTexts is null))
            set = await TaskExamples.LoadAsync(
                path, options.Task, reading with { SourceLanguage = language }, null, cancellationToken).ConfigureAwait(false);
        if (set.Examples.Count == 0)
            throw new InvalidDataException($"{path} has no row to train on: all {set.Skipped.Count} are left out, "
                + $"{set.Skipped[0].Reason}.");
        var dataset = Dataset.Open(path);
        var sum = await DataSum.OfAsync(dataset.Files, cancellationToken).ConfigureAwait(false);
        if (sourcePath is not null)
            sum += ":" + await DataSum.OfAsync(Dataset.Open(sourcePath).Files, cancellationToken).ConfigureAwait(false);
        return new FusionData(path, set, [.. set.Examples.Take(mostRows ?? int.MaxValue)], sum, dataset.Notice);
    }

    /// <summary>Data without translated columns are in the target language themselves.</summary>
    private static async Task<TranslatedColumns> SideAsync(
        string path, TaskExampleOptions reading, FusionTrainingOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var target = TaskExamples.ReadAsync(
                path, options.Task, reading with { Translated = TranslatedColumns.Target }, cancellationToken: cancellationToken);
            await foreach (var _ in target.ConfigureAwait(false))
                break;
            return TranslatedColumns.Target;
        }
        catch (InvalidDataException)
        {
            // if it was for another reason, reading the rest says it again
            return TranslatedColumns.Source;
        }
    }
}
