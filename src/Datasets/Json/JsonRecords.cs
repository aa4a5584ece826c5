using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace XlLoraOnnx.Datasets;

/// <summary>Objects and strings of JSON lines, or of one JSON list, one at a time.</summary>
internal static class JsonRecords
{
    // Rows nest less, and what a stranger wrote is read with a bound.
    private const int MaxDepth = 32;

    private static readonly JsonDocumentOptions LineOptions = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    private static readonly ListJson List =
        new(new JsonSerializerOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth, DefaultBufferSize = 1 << 16 });

    /// <param name="file">JSON lines or a JSON list; UTF-8; blank lines are skipped.</param>
    /// <exception cref="InvalidDataException">It is malformed, or something else.</exception>
    public static IAsyncEnumerable<JsonRecord> ReadAsync(DataFile file, CancellationToken cancellationToken) => file.Shape.Kind switch
    {
        DataKind.JsonLines => ReadLinesAsync(file.Source, cancellationToken),
        DataKind.JsonList => ReadListAsync(file.Source, cancellationToken),
        _ => throw new InvalidDataException(
            $"{file.Path} is one JSON object over several lines, from line 1 on, and so not valid JSON lines. Write one object "
            + "a line (JSON lines), or a list of objects: [...]."),
    };

    private static async IAsyncEnumerable<JsonRecord> ReadLinesAsync(
        TextSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long number = 0;
        await foreach (var line in StrictUtf8.ReadLinesAsync(source, cancellationToken).ConfigureAwait(false))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            var where = $"{source.Path}, line {number}";
            using var document = ParseLine(line, where);
            yield return Checked(document.RootElement, where, number);
        }
    }

    private static JsonDocument ParseLine(string line, string where)
    {
        try
        {
            return JsonDocument.Parse(line, LineOptions);
        }
        catch (JsonException e)
        {
            // A record that is printed over several lines, or one that was cut off.
            var isOpen = DataSniffer.IsOpen(Encoding.UTF8.GetBytes(line));
            throw new InvalidDataException($"{where} is not valid JSON: {(isOpen
                ? "the value that begins there does not end on its line. Write one object a line, or all of them in one list: [...]."
                : e.Message)}", e);
        }
    }

    /// <summary>Rows of one list; only one of them is held at a time.</summary>
    private static async IAsyncEnumerable<JsonRecord> ReadListAsync(
        TextSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = JsonSerializer.DeserializeAsyncEnumerable(source.Content!, List.JsonElement, cancellationToken: cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        await using (rows.ConfigureAwait(false))
        {
            for (long number = 1; await NextAsync(rows, source.Path, number).ConfigureAwait(false); number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return Checked(rows.Current, $"{source.Path}, record {number} of its list", number);
            }
        }
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<JsonElement> rows, string path, long number)
    {
        try
        {
            return await rows.MoveNextAsync().ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"{path} is not valid JSON at or after record {number} of its list: {e.Message} A file holds one list of objects or " +
                "strings, or one object a line.", e);
        }
    }

    private static JsonRecord Checked(JsonElement element, string where, long number) =>
        element.ValueKind is JsonValueKind.Object or JsonValueKind.String ? new JsonRecord(element, where, number)
            : throw new InvalidDataException($"{where} is a JSON {element.ValueKind}; it must be an object or a string.");
}

[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ListJson : JsonSerializerContext;
