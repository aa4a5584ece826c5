using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// Fills a data file on all cores: each worker takes the next tile of rows, has it filled and writes it at its place. The hash of a source
/// tensor is a piece of work like a tile and goes before the tiles of its initializer, so that both read the same pages. What is complete
/// is flushed to the disk and then entered in the journal, many initializers at a time.
/// </summary>
internal sealed class WeightWriter
{
    private const long CommitBytes = 256 << 20;

    private readonly WeightFile _data;
    private readonly TextWeights _weights;
    private readonly ExportJournal _journal;
    private readonly TimeSpan _commitInterval;
    private readonly Action<long> _progress;
    private readonly CancellationToken _cancellationToken;
    private readonly Lock _workLock = new(), _pendingLock = new(), _commitLock = new(), _progressLock = new();
    private readonly IEnumerator<Action<TileBuffer>> _work;
    private List<string> _pending = [];
    private long _pendingBytes;
    private long _done;
    private long _lastCommit = Stopwatch.GetTimestamp();
    private Exception? _failure;

    /// <param name="progress">Gets the bytes that are written, one call at a time.</param>
    public static void Write(WeightFile data, TextWeights weights, ExportJournal journal, MemoryBudget budget, TimeSpan commitInterval,
        Action<long> progress, CancellationToken cancellationToken) =>
        new WeightWriter(data, weights, journal, budget, commitInterval, progress, cancellationToken).Run(budget);

    private WeightWriter(WeightFile data, TextWeights weights, ExportJournal journal, MemoryBudget budget, TimeSpan commitInterval,
        Action<long> progress, CancellationToken cancellationToken)
    {
        (_data, _weights, _journal, _commitInterval, _progress) = (data, weights, journal, commitInterval, progress);
        _cancellationToken = cancellationToken;
        _work = Work(budget).GetEnumerator();
    }

    private void Run(MemoryBudget budget)
    {
        var workers = Enumerable.Range(0, budget.Workers).Select(_ => new Thread(() => RunWorker(budget.TileBytes))).ToArray();
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
        // after a cancellation too: the next run need not do it again
        if (_failure is null or OperationCanceledException)
            Commit();
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
    }

    private void RunWorker(int tileBytes)
    {
        try
        {
            using var buffer = new TileBuffer(tileBytes);
            while (Next() is { } work)
                work(buffer);
        }
#pragma warning disable CA1031 // thrown again by Run, on the thread that asked
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, e, null);
        }
    }

    private Action<TileBuffer>? Next()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        lock (_workLock)
            return _failure is null && _work.MoveNext() ? _work.Current : null;
    }

    private IEnumerable<Action<TileBuffer>> Work(MemoryBudget budget)
    {
        var byTarget = _weights.Taken.Where(t => !_weights.Hashes.ContainsKey(t.Name)).ToLookup(t => t.FirstTarget);
        foreach (var place in _data.Places)
        {
            foreach (var tensor in byTarget[place.Name])
                yield return _ => TakeHash(tensor);
            if (_journal.Entries.Initializers.Contains(place.Name))
            {
                Report(place.Source.Bytes);
                continue;
            }
            foreach (var tile in Tiles(place, budget))
                yield return tile;
        }
    }

    private IEnumerable<Action<TileBuffer>> Tiles(DataPlace place, MemoryBudget budget)
    {
        if (place.Source.Bytes == 0)
            yield break;
        var rowsPerTile = budget.RowsPerTile(place.Source);
        var left = new BytesLeft { Value = place.Source.Bytes };
        for (long first = 0; first < place.Source.Rows; first += rowsPerTile)
        {
            var (begin, rows) = (first, (int)Math.Min(rowsPerTile, place.Source.Rows - first));
            yield return buffer => WriteTile(place, begin, rows, left, buffer);
        }
    }

    private void TakeHash(TakenTensor tensor)
    {
        var sha256 = tensor.Tensor.Sha256(_cancellationToken);
        _weights.Hashes[tensor.Name] = sha256;
        Complete(ExportJournal.Hash(tensor.Name, sha256), 0);
    }

    private void WriteTile(DataPlace place, long firstRow, int rows, BytesLeft left, TileBuffer buffer)
    {
        var source = place.Source;
        var bytes = buffer.Take(rows * source.RowBytes);
        source.Fill(firstRow, rows, bytes);
        RandomAccess.Write(_data.Handle, bytes, place.Offset + firstRow * source.RowBytes);
        if (Interlocked.Add(ref left.Value, -bytes.Length) == 0)
            Complete(ExportJournal.Initializer(place.Name), source.Bytes);
        Report(bytes.Length);
    }

    private void Complete(string line, long bytes)
    {
        bool due;
        lock (_pendingLock)
        {
            _pending.Add(line);
            _pendingBytes += bytes;
            due = _pendingBytes >= CommitBytes || Stopwatch.GetElapsedTime(_lastCommit) >= _commitInterval;
        }
        if (due)
            Commit();
    }

    private void Commit()
    {
        lock (_commitLock)
        {
            List<string> lines;
            lock (_pendingLock)
            {
                (lines, _pending, _pendingBytes) = (_pending, [], 0);
                _lastCommit = Stopwatch.GetTimestamp();
            }
            if (lines.Count == 0)
                return;
            RandomAccess.FlushToDisk(_data.Handle);
            _journal.Append(lines);
        }
    }

    private void Report(long bytes)
    {
        lock (_progressLock)
            _progress(_done += bytes);
    }

    private sealed class BytesLeft
    {
        public long Value;
    }
}
