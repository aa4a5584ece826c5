using System.Globalization;
using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Synthesis;

/// <summary>The answers of a run in its folder: a journal for each process, on one machine or on a shared disk.</summary>
internal sealed class FolderAnswerLog : IAnswerLog
{
    private readonly Lock _gate = new();
    private readonly JournalFolder _folder;
    private readonly RunJournal _own;
    private readonly int _ownPart;
    private readonly long _ownStart;
    private readonly Dictionary<int, Part> _parts = [];

    private FolderAnswerLog(string runFolder, RunJournal own)
    {
        (_folder, _own, _ownStart) = (new JournalFolder(runFolder), own, own.Length);
        _ownPart = int.Parse(Path.GetFileNameWithoutExtension(own.Path), CultureInfo.InvariantCulture);
    }

    /// <summary>Who this process is to the others of the run.</summary>
    public RunOwner Owner => _own.Owner;

    /// <summary>Takes a journal for this process.</summary>
    /// <exception cref="InvalidDataException">A journal that is to be continued is damaged, or of another run.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static FolderAnswerLog Open(string runFolder, string runId) => new(runFolder, RunJournal.Open(runFolder, runId));

    public int AddContext(IReadOnlyDictionary<string, string> facts) => _own.AddContext(facts);

    public AnswerRecord Append(in JournalAnswer answer) => new(_ownPart, _own.Append(answer));

    public AnswerRecord Append(in JournalRetry retry) => new(_ownPart, _own.Append(retry));

    public ValueTask FlushAsync(bool durable, CancellationToken cancellationToken)
    {
        if (durable)
            _own.Sync();
        else
            _own.Flush();
        return default;
    }

    public async IAsyncEnumerable<(int Part, JournalMark Mark)> ReadNewAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _own.Flush();
        foreach (var number in _folder.Numbers())
        {
            // of its own journal, what an earlier process left there
            var end = number == _ownPart ? _ownStart : long.MaxValue;
            var part = Of(number);
            if (part.Scanned >= end)
                continue;
            if (number != _ownPart)
                part.Refresh();
            using var marks = part.Reader.Scan(part.Scanned).GetEnumerator();
            while (part.Next(marks, end) is { } mark)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return (number, mark);
            }
        }
        await ValueTask.CompletedTask.ConfigureAwait(false);
    }

    public ValueTask<JournalAnswer> ReadAsync(AnswerRecord record, CancellationToken cancellationToken)
    {
        FlushIfOwn(record.Part);
        return new(Of(record.Part).Read(record.Position));
    }

    public ValueTask<IReadOnlyDictionary<string, string>> ContextAsync(int part, int number, CancellationToken cancellationToken)
    {
        FlushIfOwn(part);
        return new(Of(part).Context(number));
    }

    public ValueTask DisposeAsync()
    {
        _own.Dispose();
        lock (_gate)
        {
            foreach (var part in _parts.Values)
                part.Dispose();
        }
        return default;
    }

    private void FlushIfOwn(int part)
    {
        if (part == _ownPart)
            _own.Flush();
    }

    private Part Of(int number)
    {
        lock (_gate)
        {
            if (!_parts.TryGetValue(number, out var part))
                _parts.Add(number, part = new Part(_folder.Journal(number)));
            return part;
        }
    }

    /// <summary>One journal: where the next scan begins, and records by their places meanwhile.</summary>
    private sealed class Part(string path) : IDisposable
    {
        private readonly Lock _gate = new();
        private long _given = -1;

        public JournalReader Reader { get; } = new(path);

        /// <summary>Where the next scan begins.</summary>
        public long Scanned { get; private set; }

        public void Refresh()
        {
            lock (_gate)
                Reader.Refresh();
        }

        /// <param name="end">Of what is to be given.</param>
        /// <returns>The next record that was not given before; null at the end.</returns>
        public JournalMark? Next(IEnumerator<JournalMark> marks, long end)
        {
            lock (_gate)
            {
                while (marks.MoveNext() && marks.Current.Offset < end)
                {
                    // a scan that was given up is begun again
                    if (marks.Current.Offset <= _given)
                        continue;
                    _given = marks.Current.Offset;
                    return marks.Current;
                }
                Scanned = Math.Min(end, Reader.End);
                return null;
            }
        }

        public JournalAnswer Read(long offset)
        {
            lock (_gate)
                return Reader.Read(offset);
        }

        public IReadOnlyDictionary<string, string> Context(int number)
        {
            lock (_gate)
                return Reader.Context(number).Facts;
        }

        public void Dispose() => Reader.Dispose();
    }
}
