namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>Answers as they are asked for, mostly in the order in which they were made: some more are read each time, and kept for a
/// while.</summary>
internal sealed class AnswerWindows(AnswerTable table)
{
    private const int Size = 512, Kept = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, JournalAnswer> _answers = [];
    private readonly Queue<long[]> _windows = [];

    public async ValueTask<JournalAnswer> ReadAsync(long position, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_answers.TryGetValue(position, out var known))
                return known;
        }
        var window = await table.AnswersAsync(position, Size, cancellationToken).ConfigureAwait(false);
        if (window.Count == 0 || window[0].Position != position)
            throw new InvalidDataException($"The database has no answer at position {position}, which it had; somebody has deleted it.");
        lock (_gate)
        {
            _windows.Enqueue([.. window.Where(a => _answers.TryAdd(a.Position, a.Answer)).Select(a => a.Position)]);
            if (_windows.Count > Kept)
            {
                foreach (var old in _windows.Dequeue())
                    _answers.Remove(old);
            }
        }
        return window[0].Answer;
    }
}
