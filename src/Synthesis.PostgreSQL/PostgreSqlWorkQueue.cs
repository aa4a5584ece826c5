using System.Data;
using Npgsql;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>The shards of a run in a table; who waits hears of what ends (LISTEN).</summary>
/// <param name="timeout">After which a claim that nobody renewed is free, by the clock of the server.</param>
internal sealed class PostgreSqlWorkQueue(Database database, ShardTable table, TimeSpan timeout) : IWorkQueue
{
    private readonly Lock _gate = new();
    private readonly HashSet<int> _held = [], _lost = [], _done = [];
    private (int Reopened, ulong From) _seen;
    private NpgsqlConnection? _listening;

    /// <summary>Whose the shards are that are claimed here.</summary>
    public Guid Owner { get; } = Guid.NewGuid();

    /// <param name="run">Its number.</param>
    /// <exception cref="InvalidDataException">The run has another number of shards.</exception>
    public static async ValueTask<PostgreSqlWorkQueue> OpenAsync(
        Database database, int run, int shards, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var table = new ShardTable(database, run);
        await table.CreateAsync(shards, cancellationToken).ConfigureAwait(false);
        return new PostgreSqlWorkQueue(database, table, timeout);
    }

    public async ValueTask<int?> TryClaimAsync(int from, SynthesisShard? part, CancellationToken cancellationToken)
    {
        var claimed = await table.ClaimAsync(Owner, timeout, from, int.MaxValue, part, Held(), cancellationToken).ConfigureAwait(false);
        return claimed is { } shard ? Take(shard) : null;
    }

    public async ValueTask<bool> TryClaimOutputsAsync(CancellationToken cancellationToken)
    {
        var claimed = await table.ClaimAsync(
            Owner, timeout, ShardTable.Outputs, ShardTable.Outputs, part: null, Held(), cancellationToken).ConfigureAwait(false);
        return claimed is { } outputs && Take(outputs) == ShardTable.Outputs;
    }

    public async ValueTask RenewAsync(CancellationToken cancellationToken)
    {
        var held = Held();
        var renewed = await table.RenewAsync(Owner, timeout, held, cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            // not those that were finished or given back meanwhile
            foreach (var shard in held.Except(renewed).Where(_held.Remove))
                _lost.Add(shard);
        }
    }

    public bool IsLost(int shard)
    {
        lock (_gate)
            return _lost.Contains(shard);
    }

    public async ValueTask<bool> FinishAsync(int shard, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_held.Contains(shard))
            {
                return _lost.Contains(shard) ? false
                    : throw new InvalidOperationException($"Shard {shard} was not claimed here.");
            }
        }
        var isFinished = await table.FinishAsync(Owner, shard, cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            _held.Remove(shard);
            if (!isFinished)
                _lost.Add(shard);
        }
        return isFinished;
    }

    public async ValueTask ReleaseAsync(CancellationToken cancellationToken)
    {
        await table.ReleaseAsync(Owner, cancellationToken).ConfigureAwait(false);
        lock (_gate)
            _held.Clear();
    }

    public async ValueTask<IReadOnlySet<int>> DoneAsync(CancellationToken cancellationToken)
    {
        var (reopened, oldest, done) = await table.DoneAsync(_seen.Reopened, _seen.From, cancellationToken).ConfigureAwait(false);
        if (reopened != _seen.Reopened)
            _done.Clear();
        _done.UnionWith(done);
        _seen = (reopened, oldest);
        return _done.ToHashSet();
    }

    public async ValueTask ReopenAsync(CancellationToken cancellationToken) =>
        await table.ReopenAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        try
        {
            if (_listening is not { State: ConnectionState.Open })
                await ListenAsync(cancellationToken).ConfigureAwait(false);
            await _listening!.WaitAsync(atMost, cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException)
        {
            // The server is away: what is asked next waits for it, or says so.
            await Task.Delay(atMost, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_listening is { } listening)
            await listening.DisposeAsync().ConfigureAwait(false);
    }

    private int[] Held()
    {
        lock (_gate)
            return [.. _held];
    }

    private int Take(int shard)
    {
        lock (_gate)
        {
            _held.Add(shard);
            _lost.Remove(shard);
        }
        return shard;
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        if (_listening is { } broken)
            await broken.DisposeAsync().ConfigureAwait(false);
        _listening = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        using var listen = new NpgsqlCommand($"LISTEN {table.Channel}", _listening);
        await listen.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
