namespace XlLoraOnnx.Evaluation;

/// <summary>Reads examples and what systems said of them; asks a system that is not there as a table.</summary>
internal sealed class PredictionData(
    TextTask task, PredictionOptions options, TaskPredictor? predictor, CancellationToken cancellationToken)
{
    public async Task<IReadOnlyList<PredictionSet>> ReadAsync(IReadOnlyList<string> paths)
    {
        var loaded = new List<TaskExampleSet>();
        // all are read before the system is asked
        foreach (var (i, path) in paths.Index())
            loaded.Add(await LoadAsync(path, i).ConfigureAwait(false));
        var sets = new List<PredictionSet>();
        foreach (var (i, path) in paths.Index())
        {
            var examples = loaded[i].Examples;
            var systems = predictor is not null ? await AskedAsync(examples).ConfigureAwait(false)
                : options.Predictions.Count == 0 ? FromColumns(examples, path)
                : await FromTableAsync(examples, path, options.Predictions[i]).ConfigureAwait(false);
            sets.AddRange(ByLanguage(loaded[i], systems, path));
        }
        ThrowIfSameNames(sets);
        return sets;
    }

    private async Task<TaskExampleSet> LoadAsync(string path, int number)
    {
        var hasOwn = predictor is null && options.Predictions.Count == 0;
        var rows = options.Rows with
        {
            AllowsMisplacedAnswers = true,
            OtherColumns = hasOwn ? options.PredictionColumns : [],
        };
        var source = options.SourceData.Count == 0 ? null : options.SourceData[number];
        var set = await TaskExamples.LoadAsync(path, task, rows, source, cancellationToken).ConfigureAwait(false);
        var (kept, skipped) = (new List<TaskExample>(), set.Skipped.ToList());
        foreach (var example in set.Examples)
        {
            if (task != TextTask.TyDiQa && example.Label is null)
                throw new InvalidDataException($"{example.Where} has no label to measure against; leave the row out.");
            if (task != TextTask.TyDiQa || options.Setting.AnswersOf(example).Count > 0)
                kept.Add(example);
            else
                skipped.Add(new SkippedRow(example.Where, options.Setting == CrossLingualSetting.TranslateTest
                    ? "no right answer in the translation" : "no right answer"));
        }
        return kept.Count > 0 ? set with { Examples = kept, Skipped = skipped } : throw new InvalidDataException(
            $"{path} has no row to measure: {string.Join("; ", Counted(skipped))}.");
    }

    private async Task<IReadOnlyList<KeyValuePair<string, string[]>>> AskedAsync(IReadOnlyList<TaskExample> examples)
    {
        TaskExample[] inputs = [.. examples.Select(e => options.Setting.Input(e))];
        var texts = new List<string>(inputs.Length);
        await foreach (var prediction in predictor!(inputs, options.Setting, cancellationToken).ConfigureAwait(false))
            texts.Add(prediction.Text);
        return texts.Count == inputs.Length
            ? [KeyValuePair.Create(options.SystemName ?? "system", texts.ToArray())]
            : throw new InvalidOperationException($"The system gave {texts.Count} predictions for {inputs.Length} examples.");
    }

    private IReadOnlyList<KeyValuePair<string, string[]>> FromColumns(IReadOnlyList<TaskExample> examples, string path) =>
    [
        .. options.PredictionColumns.Select((column, i) => KeyValuePair.Create(
            NameOf(column, path),
            examples.Select(e => e.Others[i] ?? throw new InvalidDataException(
                $"{e.Where} has no \"{column}\"; write an empty text where the system said nothing.")).ToArray())),
    ];

    private async Task<IReadOnlyList<KeyValuePair<string, string[]>>> FromTableAsync(
        IReadOnlyList<TaskExample> examples, string path, string predictions)
    {
        var table = await PredictionTable.ReadAsync(predictions, options.PredictionColumns, cancellationToken).ConfigureAwait(false);
        var columns = table.For(examples, path);
        return [.. columns.Select((texts, i) => KeyValuePair.Create(NameOf(options.PredictionColumns[i], predictions), texts))];
    }

    private string NameOf(string column, string path) =>
        options.PredictionColumns.Count > 1 ? column : options.SystemName ?? Path.GetFileName(path).Split('.')[0];

    private IEnumerable<PredictionSet> ByLanguage(
        TaskExampleSet set, IReadOnlyList<KeyValuePair<string, string[]>> systems, string path)
    {
        var name = PredictionNames.Find(path, task, options);
        foreach (var language in set.Examples.Index().GroupBy(e => e.Item.Language ?? name.Subset))
        {
            int[] places = [.. language.Select(e => e.Index)];
            yield return new PredictionSet
            {
                Task = task,
                TaskName = name.TaskName,
                Split = name.Split,
                Subset = PredictionNames.FileSafe(language.Key),
                Source = path,
                Examples = [.. language.Select(e => e.Item)],
                Systems = [.. systems.Select(s => KeyValuePair.Create<string, IReadOnlyList<string>>(
                    s.Key, Array.ConvertAll(places, p => s.Value[p])))],
                Findings = [.. Counted(set.Skipped)],
            };
        }
    }

    private static IEnumerable<string> Counted(IEnumerable<SkippedRow> skipped) => skipped.GroupBy(s => s.Reason)
        .Select(g => $"{g.Count()} rows left out: {g.Key}, the first being {g.First().Where}");

    /// <summary>Two results of one name would overwrite each other.</summary>
    private static void ThrowIfSameNames(IEnumerable<PredictionSet> sets)
    {
        var results = sets.SelectMany(s => s.Systems.Select(system => (Name: (system.Key, s.TaskName, s.Split, s.Subset), s.Source)));
        if (results.GroupBy(r => r.Name).FirstOrDefault(g => g.Count() > 1) is { } same)
            throw new InvalidDataException(
                $"{string.Join(" and ", same.Select(r => r.Source))} would both be filed as {same.Key.Key}, {same.Key.TaskName}, split " +
                $"{same.Key.Split}, subset {same.Key.Subset}; evaluate them one by one, with names of their own.");
    }
}
