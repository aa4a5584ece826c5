namespace XlLoraOnnx.Datasets;

/// <summary>Examples beside their texts in the source language.</summary>
internal static class TaskSources
{
    /// <summary>Of one set in several languages.</summary>
    /// <exception cref="InvalidDataException">An example is not there in the source language.</exception>
    public static IEnumerable<TaskExample> FromLanguage(IReadOnlyList<TaskExample> examples, string language, string path)
    {
        var sources = new Dictionary<string, TaskExample>(StringComparer.Ordinal);
        foreach (var source in examples.Where(e => e.Language == language))
        {
            if (!sources.TryAdd(source.Id, source))
                throw new InvalidDataException(
                    $"{source.Where}: the id {source.Id} is there twice in {language}; see {sources[source.Id].Where}.");
        }
        if (sources.Count == 0)
        {
            var found = examples.Select(e => e.Language ?? "none said").Distinct();
            throw new InvalidDataException($"{path} has no rows in {language}, the source language; it has {string.Join(", ", found)}.");
        }
        return examples.Where(e => e.Language != language).Select(e => sources.TryGetValue(e.Id, out var source)
            ? With(e, source)
            : throw new InvalidDataException($"{e.Where}: the id {e.Id} is not there in {language}, the source language."));
    }

    /// <summary>Of two sets: by their ids where all have their own, by their order otherwise.</summary>
    /// <exception cref="InvalidDataException">They do not fit one another.</exception>
    public static IEnumerable<TaskExample> FromSet(
        IReadOnlyList<TaskExample> examples, IReadOnlyList<TaskExample> sources, string path, string sourcePath)
    {
        if (examples.Count != sources.Count)
            throw new InvalidDataException(
                $"{path} has {examples.Count} rows and {sourcePath} has {sources.Count}; each row needs its text in the source language.");
        if (!examples.Concat(sources).All(e => e.HasOwnId))
            return examples.Zip(sources, With);
        var byId = sources.GroupBy(s => s.Id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal);
        return examples.Select(e => byId.TryGetValue(e.Id, out var found) && found is [var source]
            ? With(e, source)
            : throw new InvalidDataException(
                $"{e.Where}: the id {e.Id} is {(found is null ? "not there" : $"there {found.Count} times")} in {sourcePath}; rows are " +
                "paired by their ids where they have them, and without ids by their order."));
    }

    private static TaskExample With(TaskExample example, TaskExample source) =>
        example with { SourceTexts = source.Texts, SourceAnswers = source.Answers };
}
