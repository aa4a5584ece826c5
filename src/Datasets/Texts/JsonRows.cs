using System.Runtime.CompilerServices;
using System.Text.Json;

namespace XlLoraOnnx.Datasets;

/// <summary>Rows as JSON objects, whatever they are stored as and nested in.</summary>
public static class JsonRows
{
    /// <param name="path">What <see cref="Dataset.Open"/> takes: JSON lines, a JSON list of objects, Parquet, or a folder.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is malformed, of another kind, or a row is no object.</exception>
    public static async IAsyncEnumerable<JsonRecord> ReadAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var part in Dataset.Open(path).Files)
        {
            var file = await DataFile.OpenAsync(part, cancellationToken).ConfigureAwait(false);
            await using (file.ConfigureAwait(false))
            {
                await foreach (var record in ReadAsync(file, cancellationToken).ConfigureAwait(false))
                {
                    if (record.Element.ValueKind != JsonValueKind.Object)
                        throw new InvalidDataException($"{record.Where} is a JSON {record.Element.ValueKind}; each row must be an object.");
                    yield return record;
                }
            }
        }
    }

    private static IAsyncEnumerable<JsonRecord> ReadAsync(DataFile file, CancellationToken cancellationToken) => file.Shape.Kind switch
    {
        DataKind.Parquet => ParquetRows.ObjectsAsync(file, cancellationToken),
        DataKind.PlainText or DataKind.Table => throw new InvalidDataException(
            $"{file.Path} holds no JSON; it must be JSON lines (an object a line), a list of objects, or Parquet."),
        _ => JsonRecords.ReadAsync(file, cancellationToken),
    };
}
