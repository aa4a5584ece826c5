using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace XlLoraOnnx.Datasets;

/// <summary>Rows of a Parquet file: columns of texts, or whole rows as JSON objects.</summary>
internal static class ParquetRows
{
    /// <param name="names">The first must be there; others may be missing or null.</param>
    /// <returns>As many texts as names; null where there is none.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, a column is missing or holds no strings, or a text is null.</exception>
    public static async IAsyncEnumerable<string?[]> TextsAsync(
        DataFile file, string[] names, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var table = ParquetTable.Open(OnDisk(file));
        var found = names.Where((name, i) => Has(table, name, isOptional: i > 0, file.Path)).ToArray();
        await foreach (var (batch, first) in table.BatchesAsync(found, cancellationToken).ConfigureAwait(false))
        {
            var columns = Array.ConvertAll(names, n => found.Contains(n) ? batch.Column(n) : null);
            foreach (var (i, column) in columns.Index())
            {
                if (column is not null && !ArrowText.Is(column.Data.DataType))
                    throw new InvalidDataException(
                        $"{file.Path}: the column \"{names[i]}\" is of type {column.Data.DataType.Name}; it must hold strings.");
            }
            for (var row = 0; row < batch.Length; row++)
            {
                var place = first + row;
                yield return [.. columns.Select((c, i) => Text(c, row, () => $"{file.Path}, row {place} (from 0): \"{names[i]}\"", i > 0))];
            }
        }
    }

    /// <summary>All columns of each row, as JSON lines would have them.</summary>
    public static async IAsyncEnumerable<JsonRecord> ObjectsAsync(
        DataFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var table = ParquetTable.Open(OnDisk(file));
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes);
        await foreach (var (batch, first) in table.BatchesAsync(null, cancellationToken).ConfigureAwait(false))
        {
            for (var row = 0; row < batch.Length; row++)
            {
                var where = $"{file.Path}, row {first + row} (from 0)";
                bytes.ResetWrittenCount();
                json.Reset();
                ArrowJson.WriteRow(json, batch, row, () => where);
                json.Flush();
                using var document = JsonDocument.Parse(bytes.WrittenMemory);
                yield return new JsonRecord(document.RootElement, where, first + row + 1);
            }
        }
    }

    private static string? Text(Apache.Arrow.IArrowArray? column, int row, Func<string> where, bool isOptional)
    {
        var text = column is null ? null : ArrowText.At(column, row, where);
        return text is not null || isOptional ? text : throw new InvalidDataException($"{where()} is null; it must be a string.");
    }

    private static bool Has(ParquetTable table, string name, bool isOptional, string path)
    {
        if (table.Columns.Contains(name))
            return true;
        return isOptional ? false : throw new InvalidDataException(
            $"{path} has no column named {name}. Columns found: {string.Join(", ", table.Columns.Select(c => $"\"{c}\""))}.");
    }

    /// <summary>What a Parquet file holds stands at its end, so that it cannot be read on its way.</summary>
    private static string OnDisk(DataFile file) => file.IsCompressed || file.Path == StrictUtf8.StandardInput
        ? throw new NotSupportedException(
            $"{file.Path} is Parquet {(file.IsCompressed ? "inside gzip; unpack it" : "on standard input; give it as a file")}: its " +
            "directory stands at its end.")
        : file.Path;
}
