using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Datasets;

/// <summary>Reads XNLI, NusaX and TyDi QA (gold passage) as people have them.</summary>
/// <remarks>
/// Tables, JSON lines and lists, and Parquet, known by their content. XNLI: <c>premise</c>, <c>hypothesis</c>, <c>label</c>; or all
/// languages in a row as on the hub; or the files of XNLI-1.0. NusaX: <c>id</c>, <c>text</c>, <c>label</c>. TyDi QA: <c>id</c>,
/// <c>question</c>, <c>context</c>, <c>answers</c>; or a nested file of SQuAD, which is held whole. Of each, with <c>FIELD_translated</c>
/// beside it as FLARE's translation step writes it.
/// </remarks>
public static class TaskExamples
{
    /// <summary>One row at a time.</summary>
    /// <param name="path">What <see cref="Dataset.Open"/> takes.</param>
    /// <param name="task">Which task it is.</param>
    /// <param name="options">Null for the defaults; without a source language, which needs all rows.</param>
    /// <param name="skipped">Is told of rows that are none.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArgumentException">The options name a field that the task has not, or a source language.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is malformed, lacks a column, has an empty text, a label that is none, or an answer that
    /// does not stand where it says.</exception>
    public static IAsyncEnumerable<TaskExample> ReadAsync(string path, TextTask task, TaskExampleOptions? options = null,
        Action<SkippedRow>? skipped = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new TaskExampleOptions();
        TaskColumns.Validate(task, options);
        if (options.SourceLanguage is not null)
            throw new ArgumentException("Texts of a source language are found when all rows are there; use LoadAsync.", nameof(options));
        return RowsAsync(path, task, options, skipped, cancellationToken);
    }

    /// <summary>All rows.</summary>
    /// <param name="path">What <see cref="Dataset.Open"/> takes.</param>
    /// <param name="task">Which task it is.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="sourcePath">The same rows in the source language, where they are in a file of their own: paired by ids, or by their
    /// order where they have none.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <inheritdoc cref="ReadAsync" path="/exception"/>
    public static async Task<TaskExampleSet> LoadAsync(string path, TextTask task, TaskExampleOptions? options = null,
        string? sourcePath = null, CancellationToken cancellationToken = default)
    {
        options ??= new TaskExampleOptions();
        var skipped = new List<SkippedRow>();
        var source = sourcePath is null ? options.SourceLanguage : null;
        var target = options with { SourceLanguage = null, Language = source is null ? options.Language : null };
        var examples = await ListAsync(path, task, target, skipped, cancellationToken).ConfigureAwait(false);
        if (source is not null)
            examples = [.. TaskSources.FromLanguage(examples, source, path)
                .Where(e => options.Language is null || e.Language == options.Language)];
        if (sourcePath is not null)
        {
            var ofSource = target with { Language = options.SourceLanguage, OtherColumns = [] };
            var sources = await ListAsync(sourcePath, task, ofSource, [], cancellationToken).ConfigureAwait(false);
            examples = [.. TaskSources.FromSet(examples, sources, path, sourcePath)];
        }
        return examples.Count > 0 || skipped.Count > 0 ? new TaskExampleSet(task, examples, skipped) : throw new InvalidDataException(
            $"{path} has no rows{(options.Language is { } language ? $" in {language}" : "")}.");
    }

    private static async Task<List<TaskExample>> ListAsync(
        string path, TextTask task, TaskExampleOptions options, List<SkippedRow> skipped, CancellationToken cancellationToken)
    {
        var examples = new List<TaskExample>();
        await foreach (var example in ReadAsync(path, task, options, skipped.Add, cancellationToken).ConfigureAwait(false))
            examples.Add(example);
        return examples;
    }

    private static async IAsyncEnumerable<TaskExample> RowsAsync(string path, TextTask task, TaskExampleOptions options,
        Action<SkippedRow>? skipped, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = new TaskExampleReader(task, options);
        await foreach (var row in TaskRows.ReadAsync(path, task, cancellationToken).ConfigureAwait(false))
        {
            foreach (var example in reader.Of(row, skipped))
                yield return example;
        }
    }
}
