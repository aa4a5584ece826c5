using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Datasets;

/// <summary>Rows of a file as JSON objects, whatever they are nested in.</summary>
public static class JsonRows
{
    /// <param name="path">JSON lines or a JSON list.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is malformed, of another kind, or a row is no object.</exception>
    public static async IAsyncEnumerable<JsonRecord> ReadAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = await DataFile.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            if (file.Shape.Kind is DataKind.PlainText or DataKind.Table)
                throw new InvalidDataException($"{path} holds no JSON; it must be JSON lines (an object a line) or a list of objects.");
            await foreach (var record in JsonRecords.ReadAsync(file, cancellationToken).ConfigureAwait(false))
            {
                if (record.Element.ValueKind != System.Text.Json.JsonValueKind.Object)
                    throw new InvalidDataException($"{record.Where} is a JSON {record.Element.ValueKind}; each row must be an object.");
                yield return record;
            }
        }
    }
}
