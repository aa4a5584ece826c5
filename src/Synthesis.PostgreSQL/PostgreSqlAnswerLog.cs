using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>The answers of a run in a table. All processes write into one part; positions are given out in blocks.</summary>
internal sealed class PostgreSqlAnswerLog : IAnswerLog
{
    private const int Part = 1;

    /// <summary>Positions that a process takes at a time; of 2³⁸ there are four million such blocks.</summary>
    private const int BlockSize = 1 << 16;

    private readonly AnswerTable _table;
    private readonly AnswerWindows _windows;
    private readonly UnseenAnswers _unseen;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private readonly List<AppendedRecord> _pending = [];
    private readonly Dictionary<int, IReadOnlyDictionary<string, string>> _contexts = [], _newContexts = [];
    private readonly Queue<long> _blocks = [];
    private long _next, _end;
    private IOException? _failure;

    private PostgreSqlAnswerLog(Database database, int run)
    {
        _table = new AnswerTable(database, run);
        _windows = new AnswerWindows(_table);
        _unseen = new UnseenAnswers(database, _table, Writer);
    }

    /// <summary>Whose the answers are that are appended here.</summary>
    public Guid Writer { get; } = Guid.NewGuid();

    /// <param name="run">Its number.</param>
    public static async ValueTask<PostgreSqlAnswerLog> OpenAsync(Database database, int run, CancellationToken cancellationToken)
    {
        var log = new PostgreSqlAnswerLog(database, run);
        await log.ReserveAsync(cancellationToken).ConfigureAwait(false);
        return log;
    }

    public int AddContext(IReadOnlyDictionary<string, string> facts)
    {
        var number = NumberOf(facts);
        lock (_gate)
        {
            if (_contexts.TryAdd(number, facts))
                _newContexts.Add(number, facts);
        }
        return number;
    }

    public AnswerRecord Append(in JournalAnswer answer)
    {
        lock (_gate)
        {
            if (!_contexts.ContainsKey(answer.Context))
                throw new ArgumentException($"This log has no context {answer.Context}.", nameof(answer));
            return Append(answer, default);
        }
    }

    public AnswerRecord Append(in JournalRetry retry)
    {
        lock (_gate)
            return Append(null, retry);
    }

    /// <summary>Durably, whatever is asked for.</summary>
    public async ValueTask FlushAsync(bool durable, CancellationToken cancellationToken)
    {
        await _flushing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            AppendedRecord[] records;
            Dictionary<int, IReadOnlyDictionary<string, string>> contexts;
            bool isShort;
            lock (_gate)
            {
                ThrowIfFailed();
                (records, contexts) = ([.. _pending], new(_newContexts));
                isShort = _blocks.Count == 0;
            }
            if (records.Length > 0 || contexts.Count > 0)
                await _table.WriteAsync(Writer, records, contexts, cancellationToken).ConfigureAwait(false);
            lock (_gate)
            {
                _pending.RemoveRange(0, records.Length);
                foreach (var number in contexts.Keys)
                    _newContexts.Remove(number);
            }
            if (isShort)
                await ReserveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            lock (_gate)
                _failure ??= e;
            throw;
        }
        finally
        {
            _flushing.Release();
        }
    }

    public async IAsyncEnumerable<(int Part, JournalMark Mark)> ReadNewAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (mark, _) in _unseen.ReadAsync(cancellationToken).ConfigureAwait(false))
            yield return (Part, mark);
    }

    public ValueTask<JournalAnswer> ReadAsync(AnswerRecord record, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            // in the order of their positions
            var found = _pending.BinarySearch(new(record.Position, null, default),
                Comparer<AppendedRecord>.Create((a, b) => a.Position.CompareTo(b.Position)));
            if (found >= 0 && _pending[found].Answer is { } answer)
                return new(answer);
        }
        return _windows.ReadAsync(record.Position, cancellationToken);
    }

    public async ValueTask<IReadOnlyDictionary<string, string>> ContextAsync(int part, int number, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_contexts.TryGetValue(number, out var known))
                return known;
        }
        var facts = await _table.ContextAsync(number, cancellationToken).ConfigureAwait(false);
        lock (_gate)
            _contexts.TryAdd(number, facts);
        return facts;
    }

    public async ValueTask DisposeAsync()
    {
        bool isWhole;
        lock (_gate)
            isWhole = _failure is null;
        if (isWhole)
            await FlushAsync(durable: true, CancellationToken.None).ConfigureAwait(false);
        _flushing.Dispose();
    }

    private AnswerRecord Append(JournalAnswer? answer, JournalRetry retry)
    {
        ThrowIfFailed();
        if (_next == _end)
        {
            _next = _blocks.TryDequeue(out var first) ? first : throw new IOException(
                $"{_pending.Count} answers wait to be written to the database, and no more may: flush them.");
            _end = _next + BlockSize;
        }
        var position = _next++;
        _pending.Add(new AppendedRecord(position, answer, retry));
        return new AnswerRecord(Part, position);
    }

    private async Task ReserveAsync(CancellationToken cancellationToken)
    {
        var first = await _table.ReserveAsync(BlockSize, cancellationToken).ConfigureAwait(false);
        lock (_gate)
            _blocks.Enqueue(first);
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
            throw new IOException(failure.Message, failure);
    }

    /// <summary>The same for equal facts, whichever process has them: 31 bits of their SHA-256.</summary>
    private static int NumberOf(IReadOnlyDictionary<string, string> facts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in facts.OrderBy(f => f.Key, StringComparer.Ordinal).SelectMany(f => new[] { f.Key, f.Value }))
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
        return BinaryPrimitives.ReadInt32BigEndian(hash.GetHashAndReset()) & int.MaxValue;
    }
}
