namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>Answers as they are asked for, mostly in the order in which they were made, and a little before and behind: those around are read
/// with them, and kept for a while.</summary>
internal sealed class AnswerWindows(AnswerTable table)
{
    /// <summary>Positions of a window, each of which begins at a multiple of it.</summary>
    private const int Size = 512;

    private const int Kept = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, IReadOnlyDictionary<long, JournalAnswer>> _windows = [];
    private readonly Queue<long> _order = [];

    public async ValueTask<JournalAnswer> ReadAsync(long position, CancellationToken cancellationToken)
    {
        var first = position - position % Size;
        lock (_gate)
        {
            // one that was read before the answer was written does not have it
            if (_windows.TryGetValue(first, out var known) && known.TryGetValue(position, out var answer))
                return answer;
        }
        var window = (await table.AnswersAsync(first, first + Size, cancellationToken).ConfigureAwait(false))
            .ToDictionary(a => a.Position, a => a.Answer);
        if (!window.TryGetValue(position, out var found))
            throw new InvalidDataException($"The database has no answer at position {position}, which it had; somebody has deleted it.");
        lock (_gate)
        {
            if (!_windows.ContainsKey(first))
                _order.Enqueue(first);
            _windows[first] = window;
            if (_order.Count > Kept)
                _windows.Remove(_order.Dequeue());
        }
        return found;
    }
}
