using System.Runtime.CompilerServices;
using System.Text.Json;

namespace XlLoraOnnx.Datasets;

/// <summary>Rows of tables, JSON, Parquet and the nested files of SQuAD.</summary>
internal static class TaskRows
{
    // A file of SQuAD is nested more than rows are, and what a stranger wrote is read with a bound.
    private const int MaxDepth = 32;
    private static readonly JsonDocumentOptions NestedOptions = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    /// <exception cref="InvalidDataException">It is malformed or of another kind.</exception>
    public static async IAsyncEnumerable<TaskRow> ReadAsync(
        string path, TextTask task, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var part in Dataset.Open(path).Files)
        {
            var file = await DataFile.OpenAsync(part, cancellationToken).ConfigureAwait(false);
            await using (file.ConfigureAwait(false))
            {
                await foreach (var row in ReadAsync(file, task, cancellationToken).ConfigureAwait(false))
                    yield return row;
            }
        }
    }

    private static IAsyncEnumerable<TaskRow> ReadAsync(DataFile file, TextTask task, CancellationToken cancellationToken) =>
        file.Shape.Kind switch
        {
            DataKind.Table => ReadTableAsync(file, task, cancellationToken),
            DataKind.PlainText => throw new InvalidDataException(
                $"{file.Path} is plain text; {task.Word()} is read from {string.Join(", ", DataFile.KnownEndings)}, with " +
                $"{string.Join(", ", task.Fields())}."),
            DataKind.JsonObject => ReadNestedAsync(file, task, cancellationToken),
            DataKind.Parquet => ReadObjectsAsync(ParquetRows.ObjectsAsync(file, cancellationToken), task, cancellationToken),
            _ => ReadObjectsAsync(JsonRecords.ReadAsync(file, cancellationToken), task, cancellationToken),
        };

    private static async IAsyncEnumerable<TaskRow> ReadTableAsync(
        DataFile file, TextTask task, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string[]? header = null;
        long number = 0;
        await foreach (var row in TableRows.ReadAsync(file, task == TextTask.Xnli ? IsOfXnli : null, cancellationToken)
            .ConfigureAwait(false))
        {
            if (header is not null)
                yield return new TaskRow(header, row.Fields, $"{file.Path}, line {row.Line}", ++number);
            else if (row.Fields.GroupBy(f => f, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
                throw new InvalidDataException($"{file.Path} has {twice.Count()} columns named \"{twice.Key}\"; it needs exactly one.");
            else
                header = row.Fields;
        }
    }

    /// <summary>The files of XNLI-1.0 and XNLI-MT-1.0 know no quoting: a quote is text, wherever it stands.</summary>
    private static bool IsOfXnli(string[] header) =>
        header.Contains("gold_label") && header.Contains("sentence1") || header.Contains("hypo");

    private static async IAsyncEnumerable<TaskRow> ReadObjectsAsync(
        IAsyncEnumerable<JsonRecord> records, TextTask task, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in records.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (task == TextTask.TyDiQa && SquadRows.IsOne(record.Element))
            {
                foreach (var row in SquadRows.Of(record.Element, record.Where))
                    yield return row;
            }
            else
            {
                yield return new TaskRow(record.Element, record.Where, record.Number);
            }
        }
    }

    private static async IAsyncEnumerable<TaskRow> ReadNestedAsync(
        DataFile file, TextTask task, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var document = await ParseAsync(file, cancellationToken).ConfigureAwait(false);
        if (task != TextTask.TyDiQa || !SquadRows.IsOne(document.RootElement))
            throw new InvalidDataException(
                $"{file.Path} is one JSON object" + (task == TextTask.TyDiQa
                    ? " without a list \"data\", as files of SQuAD have it. "
                    : $"; {task.Word()} has rows. ") + "Write one object a line (JSON lines), or a list of objects: [...].");
        foreach (var row in SquadRows.Of(document.RootElement, file.Path))
            yield return row;
    }

    private static async Task<JsonDocument> ParseAsync(DataFile file, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonDocument.ParseAsync(file.Source.Content!, NestedOptions, cancellationToken).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file.Path} is not valid JSON: {e.Message}", e);
        }
    }
}
