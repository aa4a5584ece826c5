using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>What all journals of a run say, and the one that this process appends to.</summary>
/// <remarks>The answers themselves stay in the files; here is where each is. Thread-safe.</remarks>
internal sealed class RunJournals : IDisposable
{
    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly RunTable _table;
    private readonly SortedDictionary<int, JournalReader> _readers = [];
    private readonly Dictionary<int, long> _scanned = [];
    private RunJournal? _own;
    private int _ownNumber;

    /// <param name="triplets">Most there will be.</param>
    public RunJournals(string folder, long triplets) => (_folder, _table) = (folder, new RunTable(triplets));

    /// <summary>Who this process is to the others of the run; null before <see cref="Begin"/>.</summary>
    public RunOwner? Owner => _own?.Owner;

    /// <summary>Sentences that a retry has opened and nobody has answered.</summary>
    public long OpenSentences
    {
        get
        {
            lock (_lock)
                return _table.OpenSentences;
        }
    }

    /// <summary>Answers and retries in all journals, as far as they have been read.</summary>
    public long Records { get; private set; }

    /// <summary>What was answered, over all journals.</summary>
    public JournalTotals Totals { get; } = new();

    /// <summary>Takes a journal for this process, and reads all there are.</summary>
    /// <exception cref="InvalidDataException">A journal is damaged, or of another run.</exception>
    public void Begin(string runId)
    {
        _own = RunJournal.Open(_folder, runId);
        _ownNumber = NumberOf(_own.Path);
        Refresh();
    }

    /// <summary>Reads what others have appended since.</summary>
    public void Refresh()
    {
        lock (_lock)
        {
            _own?.Flush();
            foreach (var path in JournalReader.Files(_folder))
            {
                var number = NumberOf(path);
                if (!_readers.TryGetValue(number, out var reader))
                    _readers.Add(number, reader = new JournalReader(path));
                foreach (var mark in reader.Scan(_scanned.GetValueOrDefault(number)))
                    Take(number, mark);
                _scanned[number] = reader.End;
            }
        }
    }

    public AnswerPlace? Find(RowKey key, int sample, SynthesisSide side)
    {
        lock (_lock)
            return _table[key, sample, side];
    }

    public JournalAnswer Read(AnswerPlace place)
    {
        lock (_lock)
            return _readers[place.File].Read(place.Offset);
    }

    public IReadOnlyDictionary<string, string> Context(int file, int number)
    {
        lock (_lock)
            return _readers[file].Context(number).Facts;
    }

    /// <summary>Puts an unfinished row into the state that the journals say it is in.</summary>
    public void Restore(RowWork row)
    {
        foreach (var side in SynthesisOptions.BothSides)
        {
            if (row[side] is not { } sentence || Find(row.Key, row.Sample, side) is not { } place)
                continue;
            if (place.Status == SentenceStatus.Open)
            {
                sentence.Reopen(place.Attempt);
                continue;
            }
            var answer = Read(place);
            var rejected = answer.Reason is { } reason ? new Rejection(reason, answer.Detail ?? "", side) : null;
            // which rules repaired it is of no further interest
            row.Restore(side, place.Attempt, Generated(answer), new AnswerVerdict(answer.Text, [], rejected));
        }
    }

    /// <summary>Takes in an answer; after the next <see cref="Flush"/> it survives this process.</summary>
    public void Append(in JournalAnswer answer)
    {
        lock (_lock)
        {
            var mark = new JournalMark(_own!.Append(answer), answer.Key, answer.Side, answer.Sample, answer.Attempt, answer.Context,
                answer.Finish, answer.Reason, answer.PromptTokens, answer.Tokens, answer.Milliseconds);
            Take(_ownNumber, mark);
            // so that it need not be read back
            _scanned[_ownNumber] = _own.Length;
        }
    }

    /// <summary>Hands what was appended to the operating system.</summary>
    public void Flush()
    {
        lock (_lock)
            _own!.Flush();
    }

    /// <summary>Opens another attempt at a sentence that was rejected.</summary>
    public void Append(in JournalRetry retry)
    {
        lock (_lock)
        {
            _own!.Append(retry);
            _own.Flush();
        }
    }

    public int AddContext(IReadOnlyDictionary<string, string> facts)
    {
        lock (_lock)
            return _own!.AddContext(facts);
    }

    /// <summary>Waits until the disk has everything.</summary>
    public void Sync()
    {
        lock (_lock)
            _own!.Sync();
    }

    public void Dispose()
    {
        _own?.Dispose();
        foreach (var reader in _readers.Values)
            reader.Dispose();
    }

    private void Take(int number, in JournalMark mark)
    {
        _table.Add(mark.Key, mark.Sample, mark.Side, Place(number, mark));
        Records++;
        if (!mark.IsRetry)
            Totals.Add(mark);
    }

    private static int NumberOf(string path) =>
        int.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture);

    private static GenerationResult Generated(in JournalAnswer answer) => new()
    {
        RowId = answer.Key.RequestId(answer.Side, answer.Sample),
        Adapter = null,
        Text = answer.RawText ?? answer.Text,
        PromptTokenCount = answer.PromptTokens,
        TokenCount = answer.Tokens,
        FinishReason = answer.Finish,
    };

    private static AnswerPlace Place(int file, in JournalMark mark) => new(
        mark.IsRetry ? SentenceStatus.Open : mark.Reason is null ? SentenceStatus.Accepted : SentenceStatus.Rejected,
        mark.Attempt, file, mark.Offset, mark.Reason == RejectionReason.Equal);
}
