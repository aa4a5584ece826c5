using System.Runtime.CompilerServices;
using Apache.Arrow;
using ParquetSharp;
using ParquetSharp.Arrow;

namespace XlLoraOnnx.Datasets;

/// <summary>An open Parquet file, read some rows at a time.</summary>
/// <remarks>
/// Pages are read as they are needed and columns that nobody asks for are not read, so that the memory is that of a page of each column and
/// not of a row group, which may be the whole file.
/// </remarks>
internal sealed class ParquetTable : IDisposable
{
    private const int BatchRows = 1024;
    private const int PageBufferBytes = 1 << 16;

    private readonly string _path;
    private readonly FileReader _reader;
    private readonly string[] _leaves;

    private ParquetTable(string path, FileReader reader)
    {
        (_path, _reader) = (path, reader);
        // A column of lists or objects is several columns of the file, all below one root.
        var schema = reader.ParquetReader.FileMetaData.Schema;
        _leaves = [.. Enumerable.Range(0, schema.NumColumns).Select(i => schema.ColumnRoot(i).Name)];
    }

    /// <exception cref="InvalidDataException">It is no Parquet file, or a damaged one.</exception>
    /// <exception cref="NotSupportedException">It is compressed or encrypted in a way that cannot be read.</exception>
    public static ParquetTable Open(string path)
    {
        // the default pool keeps what it was given for the next pages: 20 MB that nobody needs
        using var properties = ReaderProperties.WithMemoryPool(MemoryPool.SystemMemoryPool());
        properties.EnableBufferedStream();
        properties.BufferSize = PageBufferBytes;
        using var arrow = ArrowReaderProperties.GetDefault();
        arrow.PreBuffer = false;
        arrow.UseThreads = false;
        arrow.BatchSize = BatchRows;
        return Guarded(path, () => new ParquetTable(path, new FileReader(path, properties, arrow)));
    }

    /// <summary>Names of the columns, in their order.</summary>
    public IReadOnlyList<string> Columns => [.. _leaves.Distinct()];

    /// <summary>Rows in their order; a batch is gone when the next one is asked for.</summary>
    /// <param name="columns">Only these, in the order of the file; null for all.</param>
    public async IAsyncEnumerable<(RecordBatch Batch, long First)> BatchesAsync(
        IReadOnlyCollection<string>? columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int[]? chosen = columns is null ? null : [.. _leaves.Index().Where(l => columns.Contains(l.Item)).Select(l => l.Index)];
        using var stream = Guarded(_path, () => _reader.GetRecordBatchReader(null, chosen));
        for (long first = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var batch = await NextAsync(stream, cancellationToken).ConfigureAwait(false);
            if (batch is null)
                yield break;
            yield return (batch, first);
            first += batch.Length;
        }
    }

    public void Dispose() => _reader.Dispose();

    private async ValueTask<RecordBatch?> NextAsync(Apache.Arrow.Ipc.IArrowArrayStream stream, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadNextRecordBatchAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfTheLibrary(e))
        {
            throw Damaged(_path, e);
        }
    }

    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (IsOfTheLibrary(e))
        {
            throw Damaged(path, e);
        }
    }

    // The binding throws ParquetException, the Arrow stream what the C interface reports.
    private static bool IsOfTheLibrary(Exception e) => e is not (OperationCanceledException or OutOfMemoryException or IOException);

    private static Exception Damaged(string path, Exception e)
    {
        var reason = Reason(e.Message);
        return reason.Contains("NotImplemented", StringComparison.Ordinal) || reason.Contains("encrypt", StringComparison.OrdinalIgnoreCase)
            ? new NotSupportedException($"{path} cannot be read as Parquet here: {reason}", e)
            : new InvalidDataException($"{path} cannot be read as Parquet; is it whole? {reason}", e);
    }

    /// <summary>What the library says, without the name that its compiler gave the exception: <c>NAME (message: '…')</c>.</summary>
    private static string Reason(string message)
    {
        const string Begin = "(message: '", End = "')";
        var start = message.IndexOf(Begin, StringComparison.Ordinal);
        return start >= 0 && message.EndsWith(End, StringComparison.Ordinal) ? message[(start + Begin.Length)..^End.Length] : message;
    }
}
