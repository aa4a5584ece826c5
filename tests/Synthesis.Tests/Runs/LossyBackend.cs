using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>A backend whose answers of other processes do not all show: a disk with old caches, a database that was put back.</summary>
/// <param name="inner">What it is made of, and what others use meanwhile.</param>
/// <param name="hidden">Whether a record of another process is hidden, by the times it was asked for.</param>
internal sealed class LossyBackend(SynthesisBackend inner, Func<int, JournalMark, bool> hidden)
{
    /// <summary>Whether finished shards can be opened again.</summary>
    public bool CanReopen { get; init; } = true;

    public SynthesisBackend Backend => inner with
    {
        OpenLog = async (run, cancel) => new Log(await inner.OpenLog(run, cancel), hidden),
        OpenQueue = async (run, shards, timeout, cancel) =>
        {
            var queue = await inner.OpenQueue(run, shards, timeout, cancel);
            return CanReopen ? queue : new Queue(queue);
        },
    };

    private sealed class Log(IAnswerLog inner, Func<int, JournalMark, bool> hidden) : IAnswerLog
    {
        private readonly List<(int Part, JournalMark Mark)> _late = [];
        private int _asked;

        public int AddContext(IReadOnlyDictionary<string, string> facts) => inner.AddContext(facts);

        public AnswerRecord Append(in JournalAnswer answer) => inner.Append(answer);

        public AnswerRecord Append(in JournalRetry retry) => inner.Append(retry);

        public ValueTask FlushAsync(bool durable, CancellationToken cancellationToken) => inner.FlushAsync(durable, cancellationToken);

        public async IAsyncEnumerable<(int Part, JournalMark Mark)> ReadNewAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            _asked++;
            await foreach (var record in inner.ReadNewAsync(cancellationToken))
                _late.Add(record);
            var shown = _late.Where(r => !hidden(_asked, r.Mark)).ToArray();
            _late.RemoveAll(shown.Contains);
            foreach (var record in shown)
                yield return record;
        }

        public ValueTask<JournalAnswer> ReadAsync(AnswerRecord record, CancellationToken cancellationToken) =>
            inner.ReadAsync(record, cancellationToken);

        public ValueTask<IReadOnlyDictionary<string, string>> ContextAsync(int part, int number, CancellationToken cancellationToken) =>
            inner.ContextAsync(part, number, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Queue(IWorkQueue inner) : IWorkQueue
    {
        public ValueTask<int?> TryClaimAsync(int from, SynthesisShard? part, CancellationToken cancellationToken) =>
            inner.TryClaimAsync(from, part, cancellationToken);

        public ValueTask<bool> TryClaimOutputsAsync(CancellationToken cancellationToken) => inner.TryClaimOutputsAsync(cancellationToken);

        public ValueTask RenewAsync(CancellationToken cancellationToken) => inner.RenewAsync(cancellationToken);

        public bool IsLost(int shard) => inner.IsLost(shard);

        public ValueTask<bool> FinishAsync(int shard, CancellationToken cancellationToken) => inner.FinishAsync(shard, cancellationToken);

        public ValueTask ReleaseAsync(CancellationToken cancellationToken) => inner.ReleaseAsync(cancellationToken);

        public ValueTask<IReadOnlySet<int>> DoneAsync(CancellationToken cancellationToken) => inner.DoneAsync(cancellationToken);

        public ValueTask ReopenAsync(CancellationToken cancellationToken) => default;

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
