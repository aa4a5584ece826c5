using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Synthesis;

/// <summary>Joins a file of positives and a file of hard negatives, made in two runs, into triplets.</summary>
/// <remarks>
/// Rows belong together if their anchors are the same, character by character; the n-th row with an anchor belongs to the n-th row with it
/// in the other file. Of run folders the receipts say which row is which, so that a rejected one shifts nothing.
/// </remarks>
public static class TripletJoiner
{
    private static readonly string[] Columns = ["sent0", "sent1", "hard_neg"];

    /// <param name="positives">A table or JSONL file with <c>sent0</c> and <c>sent1</c>, or a run folder.</param>
    /// <param name="negatives">The same with <c>hard_neg</c>.</param>
    /// <param name="output">A <c>.csv</c>, <c>.jsonl</c> or <c>.parquet</c> file, CSV under any other name; written in the order of the
    /// positives, and in one step.</param>
    /// <param name="cancellationToken">Ends it; the output is as before.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or lacks its column.</exception>
    /// <exception cref="ArgumentException">The output has an ending of data that triplets are not written as.</exception>
    public static async Task<JoinReport> JoinAsync(
        string positives, string negatives, string output, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        var format = TripletFormats.Of(output) ?? TripletFormat.Csv;
        var others = new Dictionary<string, string>(StringComparer.Ordinal);
        await foreach (var (id, _, negative) in ReadAsync(negatives, column: 2, cancellationToken).ConfigureAwait(false))
            others[id] = negative;
        var (joined, alone, equal) = (0L, 0L, 0L);
        using (var table = new TripletFile(Path.GetFullPath(output), format, Columns))
        {
            await foreach (var (id, anchor, positive) in ReadAsync(positives, column: 1, cancellationToken).ConfigureAwait(false))
            {
                if (!others.Remove(id, out var negative))
                {
                    alone++;
                }
                else if (positive == negative)
                {
                    equal++;
                }
                else
                {
                    joined++;
                    table.Write([anchor, positive, negative]);
                }
            }
            table.Close();
            table.File.Publish();
        }
        return new JoinReport(output, joined, alone, others.Count, equal);
    }

    private static async IAsyncEnumerable<(string Id, string Anchor, string Text)> ReadAsync(
        string path, int column, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isRun = RunFolder.IsRun(path);
        var file = isRun ? Path.Combine(path, RunFolder.TripletLines) : path;
        using var ids = isRun ? RunSample.Ids(path).GetEnumerator() : null;
        var occurrences = new AnchorOccurrences();
        long row = 0;
        await foreach (var texts in TextRecords.ReadAsync(file, Columns, cancellationToken).ConfigureAwait(false))
        {
            row++;
            var id = occurrences.Next(texts[0], out _).ToString();
            if (ids is not null)
                id = ids.MoveNext() ? ids.Current : throw new InvalidDataException($"{path} has more triplets than receipts; verify it.");
            yield return (id, texts[0]!, texts[column] ?? throw new InvalidDataException(
                $"{file}, row {row}, has no {Columns[column]}. Give the positives (sent0, sent1) first, then the hard "
                + "negatives (sent0, hard_neg)."));
        }
    }
}

/// <summary>What came of joining two files.</summary>
/// <param name="Output">The file that was written.</param>
/// <param name="Triplets">Rows in it.</param>
/// <param name="PositivesAlone">Positives without a hard negative.</param>
/// <param name="NegativesAlone">Hard negatives without a positive.</param>
/// <param name="Equal">Pairs left out because both are the same sentence.</param>
public sealed record JoinReport(string Output, long Triplets, long PositivesAlone, long NegativesAlone, long Equal);
