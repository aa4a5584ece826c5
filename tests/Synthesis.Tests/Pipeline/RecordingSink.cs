namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Keeps all that a pump tells, in its order.</summary>
internal sealed class RecordingSink : IAnswerSink
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RowWork, int> _settled = [];
    private int _order;

    public List<(RowWork Row, SettledAnswer Answer, int Order)> Answers { get; } = [];

    public IEnumerable<RowWork> Settled => _settled.Keys;

    public Exception? Failure { get; init; }

    public int Pauses { get; private set; }

    public int AnswersSincePause { get; private set; }

    public int Order(RowWork row) => _settled[row];

    public void Answered(RowWork row, IReadOnlyList<SettledAnswer> answers)
    {
        lock (_lock)
        {
            if (Failure is not null)
                throw Failure;
            foreach (var answer in answers)
                Answers.Add((row, answer, ++_order));
            AnswersSincePause += answers.Count;
        }
    }

    public ValueTask PauseAsync()
    {
        lock (_lock)
            (Pauses, AnswersSincePause) = (Pauses + 1, 0);
        return default;
    }

    public ValueTask SettledAsync(RowWork row)
    {
        lock (_lock)
            _settled.Add(row, ++_order);
        return default;
    }
}
