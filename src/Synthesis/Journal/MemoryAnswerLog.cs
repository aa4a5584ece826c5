using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Synthesis;

/// <summary>The answers of a run in the memory of this process: nothing survives it.</summary>
/// <param name="run">Shared by all who work on the run.</param>
internal sealed class MemoryAnswerLog(MemoryAnswers run) : IAnswerLog
{
    private readonly MemoryAnswers.Part _own = run.AddPart();
    private readonly Dictionary<int, int> _given = [];

    public int AddContext(IReadOnlyDictionary<string, string> facts)
    {
        lock (run.Gate)
        {
            var known = _own.Contexts.FindIndex(c => c.Count == facts.Count
                && c.All(f => facts.TryGetValue(f.Key, out var value) && value == f.Value));
            if (known >= 0)
                return known;
            _own.Contexts.Add(new Dictionary<string, string>(facts, StringComparer.Ordinal));
            return _own.Contexts.Count - 1;
        }
    }

    public AnswerRecord Append(in JournalAnswer answer)
    {
        lock (run.Gate)
        {
            if ((uint)answer.Context >= (uint)_own.Contexts.Count)
                throw new ArgumentException($"This log has no context {answer.Context}; it has {_own.Contexts.Count}.", nameof(answer));
            return Add(answer, JournalMark.Of(_own.Records.Count, answer));
        }
    }

    public AnswerRecord Append(in JournalRetry retry)
    {
        lock (run.Gate)
            return Add(null, JournalMark.Of(_own.Records.Count, retry));
    }

    // there is nothing that it could be handed to
    public ValueTask FlushAsync(bool durable, CancellationToken cancellationToken) => default;

    public async IAsyncEnumerable<(int Part, JournalMark Mark)> ReadNewAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var part in run.Parts())
        {
            while (part != _own && Next(part) is { } mark)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return (part.Number, mark);
            }
        }
        await ValueTask.CompletedTask.ConfigureAwait(false);
    }

    public ValueTask<JournalAnswer> ReadAsync(AnswerRecord record, CancellationToken cancellationToken)
    {
        lock (run.Gate)
            return new(run[record.Part].Records[(int)record.Position].Answer ?? throw new InvalidOperationException(
                $"Record {record.Position} of part {record.Part} opens an attempt; it is no answer."));
    }

    public ValueTask<IReadOnlyDictionary<string, string>> ContextAsync(int part, int number, CancellationToken cancellationToken)
    {
        lock (run.Gate)
            return new(run[part].Contexts[number]);
    }

    // the answers are the run's
    public ValueTask DisposeAsync() => default;

    private AnswerRecord Add(JournalAnswer? answer, in JournalMark mark)
    {
        _own.Records.Add((answer, mark));
        return new AnswerRecord(_own.Number, mark.Offset);
    }

    private JournalMark? Next(MemoryAnswers.Part part)
    {
        lock (run.Gate)
        {
            var next = _given.GetValueOrDefault(part.Number);
            if (next == part.Records.Count)
                return null;
            _given[part.Number] = next + 1;
            return part.Records[next].Mark;
        }
    }
}

/// <summary>What <see cref="MemoryAnswerLog"/>s of one run have in common.</summary>
internal sealed class MemoryAnswers
{
    private readonly List<Part> _parts = [];

    /// <summary>Held by whoever reads or changes a part.</summary>
    public Lock Gate { get; } = new();

    public Part this[int number] => _parts[number - 1];

    public Part AddPart()
    {
        lock (Gate)
        {
            _parts.Add(new Part(_parts.Count + 1));
            return _parts[^1];
        }
    }

    /// <summary>Those that there are now.</summary>
    public IReadOnlyList<Part> Parts()
    {
        lock (Gate)
            return [.. _parts];
    }

    /// <summary>What one of them has appended.</summary>
    public sealed class Part(int number)
    {
        public int Number => number;

        public List<(JournalAnswer? Answer, JournalMark Mark)> Records { get; } = [];

        public List<IReadOnlyDictionary<string, string>> Contexts { get; } = [];
    }
}
