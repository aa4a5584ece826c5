using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>Records of others, each given once, whatever order they are committed in.</summary>
/// <remarks>
/// Positions are given out before their transactions end, so that a lower one may appear after a higher one. What cannot appear any more is
/// what was written by transactions before the oldest that ran (<c>pg_snapshot_xmin</c>) when the last pass began; so a pass looks at all
/// from that one on, and leaves out what it has given.
/// </remarks>
internal sealed class UnseenAnswers(Database database, AnswerTable table, Guid writer)
{
    private ulong _from;
    private Dictionary<long, ulong> _given = [];

    public async IAsyncEnumerable<(JournalMark Mark, Guid Writer)> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var oldest = await Transactions.OldestAsync(database, cancellationToken).ConfigureAwait(false);
        for (var (from, after, isLast) = (_from, -1L, false); !isLast;)
        {
            (var marks, isLast) = await table.MarksAsync(writer, from, after, cancellationToken).ConfigureAwait(false);
            foreach (var (mark, tx, by) in marks)
            {
                (from, after) = (tx, mark.Offset);
                // also where an earlier pass was given up half-way
                if (_given.TryAdd(mark.Offset, tx))
                    yield return (mark, by);
            }
        }
        // what no later pass looks at need not be remembered
        _from = oldest;
        _given = _given.Where(g => g.Value >= oldest).ToDictionary();
    }
}
