using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>Divides the shards of a run among processes, of one machine or on a shared disk, without a server.</summary>
/// <remarks>
/// Thread-safe. A lease saves work and nothing more: answers are the same whoever makes them, so that a shard that two processes worked on
/// for a while, because one was suspended, has no wrong answers and no answer twice in the outputs.
/// </remarks>
internal sealed partial class ShardLeases : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LeaseFolder _folder;
    private readonly LeaseWatch _watch;
    private readonly RunOwner _owner;
    private readonly LeaseOptions _options;
    private readonly string[] _shards;
    private readonly Dictionary<string, HeldLease> _held = new(StringComparer.Ordinal);
    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);

    // one count for all leases, so that none ever looks as it did before: a shard that is opened again begins at its first claim
    private long _beats;
    private bool _isDisposed;

    /// <param name="shards">How many there are; the same for all processes of the run.</param>
    /// <param name="owner">This process: <see cref="RunJournal.Owner"/>.</param>
    public ShardLeases(string runFolder, int shards, RunOwner owner, LeaseOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shards);
        _folder = new LeaseFolder(runFolder);
        _owner = owner;
        _options = options ?? new LeaseOptions();
        _watch = new LeaseWatch(_folder, new JournalFolder(runFolder), _options);
        _shards = [.. Enumerable.Range(0, shards).Select(Name)];
        try
        {
            _folder.Create();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new IOException($"The run folder '{runFolder}' cannot be written: {e.Message} "
                + "Give this user the right to write there, or choose another output.", e);
        }
    }

    /// <summary>Raised once for each shard that another process has taken over, on any thread.</summary>
    public event Action<int>? Lost;

    /// <summary>Shards of the run.</summary>
    public int Count => _shards.Length;

    /// <summary>What the lease of a shard is called.</summary>
    public static string Name(int shard) => shard.ToString("D5", CultureInfo.InvariantCulture);

    /// <summary>Takes a shard that nobody works on.</summary>
    /// <param name="only">Which shards may be taken; all where it is null.</param>
    /// <returns>Null if there is none at the moment.</returns>
    public int? TryTake(Func<int, bool>? only = null)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var listing = _folder.List();
            for (int shard = 0; shard < _shards.Length; shard++)
            {
                var name = _shards[shard];
                if (only?.Invoke(shard) != false && IsFree(name, listing) && TryClaim(name, listing.Claim(name)))
                    return shard;
            }

            return null;
        }
    }

    /// <summary>Takes the lease of something other than a shard, such as writing the outputs.</summary>
    /// <param name="name">Lower-case letters.</param>
    public bool TryTake(string name)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAnyExceptInRange('a', 'z'))
            throw new ArgumentException($"\"{name}\" is no name for a lease; it must be of lower-case letters.", nameof(name));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var listing = _folder.List();
            return IsFree(name, listing) && TryClaim(name, listing.Claim(name));
        }
    }

    /// <summary>Whether a shard that this process took is now another's: it must stop working on it.</summary>
    public bool IsLost(int shard) => IsLost(_shards[shard]);

    /// <summary>The same of a lease with a name.</summary>
    public bool IsLost(string name)
    {
        lock (_gate)
        {
            // After a suspension this may be asked before the timer has run.
            if (_held.TryGetValue(name, out var held) && _options.Time.GetElapsedTime(held.Confirmed) > 2 * _options.BeatInterval)
                Confirm(name, held);
            return _lost.Contains(name);
        }
    }

    /// <summary>Marks a shard as finished, for good. All its answers must have been synced to the journal.</summary>
    /// <returns>Whether this process finished it; false if it was lost to another, which then finishes it or has.</returns>
    public bool Finish(int shard)
    {
        var name = _shards[shard];
        lock (_gate)
        {
            var held = Get(name);
            if (held is null || !Confirm(name, held))
                return false;
            var bytes = new Lease(_owner, held.Beat, LeaseState.Released).ToBytes();
            if (!RunFiles.TryCreate(_folder.Done(name), bytes, durable: true))
            {
                Lose(name);
                return false;
            }

            _held.Remove(name);
            _folder.DeleteBelow(name, int.MaxValue);
            return true;
        }
    }

    /// <summary>Gives a shard back unfinished, so that others need not wait for the timeout.</summary>
    public void Release(int shard) => Release(_shards[shard]);

    /// <summary>Gives a lease with a name back.</summary>
    public void Release(string name)
    {
        lock (_gate)
        {
            var held = Get(name);
            if (held is null || !Confirm(name, held))
                return;
            _held.Remove(name);
            Write(name, held, LeaseState.Released);
        }
    }

    /// <summary>Gives everything back, at an orderly stop.</summary>
    public void ReleaseAll()
    {
        lock (_gate)
        {
            foreach (var name in _held.Keys.ToArray())
                Release(name);
        }
    }

    /// <summary>Shows that this process lives; <see cref="ClaimRenewal"/> does it.</summary>
    public void Beat()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            foreach (var (name, held) in _held.ToArray())
            {
                if (Confirm(name, held))
                    Write(name, held, LeaseState.Held);
            }
        }
    }

    /// <summary>Takes back that shards are finished: there is more to do in them.</summary>
    public void Reopen()
    {
        lock (_gate)
        {
            foreach (var name in _shards.Where(_folder.List().Done.Contains))
                RunFiles.Delete(_folder.Done(name));
        }
    }

    /// <summary>No more heartbeats. What is held stays so until the timeout, or until others see that this process is gone.</summary>
    public void Dispose()
    {
        lock (_gate)
            _isDisposed = true;
    }

    private bool IsFree(string name, LeaseListing listing) =>
        !_held.ContainsKey(name) && !listing.Done.Contains(name)
        && (listing.Claim(name) is 0 || _watch.IsAbandoned(name, listing.Claim(name)));

    private bool TryClaim(string name, int last)
    {
        var held = new HeldLease(last + 1, _options.Time.GetTimestamp()) { Beat = ++_beats };
        var path = _folder.Claim(name, held.Claim);
        if (!RunFiles.TryCreate(path, new Lease(_owner, held.Beat, LeaseState.Held).ToBytes()))
            return false;
        // The listing may be old: others may have gone on to higher claims and deleted this one, or have finished.
        var now = _folder.List();
        if (now.Claim(name) != held.Claim || now.Done.Contains(name))
        {
            RunFiles.Delete(path);
            return false;
        }

        _folder.DeleteBelow(name, held.Claim);
        _held[name] = held;
        _lost.Remove(name);
        return true;
    }

    private void Write(string name, HeldLease held, LeaseState state)
    {
        held.Beat = ++_beats;
        try
        {
            RunFiles.Replace(_folder.Claim(name, held.Claim), new Lease(_owner, held.Beat, state).ToBytes());
        }
        catch (FileNotFoundException)
        {
            // Who has just taken it over has deleted what was about to be renamed.
            Lose(name);
        }
    }

    /// <returns>Null if it was lost.</returns>
    private HeldLease? Get(string name) => _held.TryGetValue(name, out var held) ? held
        : _lost.Contains(name) ? null
        : throw new InvalidOperationException($"This process does not hold the lease \"{name}\".");

    /// <summary>Whether a lease is still this process's; if not, it is lost from now on.</summary>
    private bool Confirm(string name, HeldLease held)
    {
        var content = RunFiles.TryRead(_folder.Claim(name, held.Claim));
        // Content that cannot be read, because it was edited, is put right by the next heartbeat.
        bool isMine = content is not null && (Lease.TryParse(content) is not { } lease || lease.Owner.Id == _owner.Id)
            && !File.Exists(_folder.Claim(name, held.Claim + 1)) && !File.Exists(_folder.Done(name));
        if (isMine)
            held.Confirmed = _options.Time.GetTimestamp();
        else
            Lose(name);
        return isMine;
    }

    private void Lose(string name)
    {
        _held.Remove(name);
        _lost.Add(name);
        if (Array.BinarySearch(_shards, name, StringComparer.Ordinal) is var shard and >= 0)
            Lost?.Invoke(shard);
    }
}
