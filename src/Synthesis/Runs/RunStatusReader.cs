namespace XlLoraOnnx.Synthesis;

/// <summary>Looks at a run without taking part in it, from wherever its folder can be read.</summary>
/// <remarks>
/// Of the journals it reads each time what is new. It decides nothing: clocks, which the processes of a run do not trust, are good enough
/// to be looked at. Not thread-safe.
/// </remarks>
public sealed class RunStatusReader : IDisposable
{
    private readonly RunFolder _folder;
    private readonly JournalFolder _journals;
    private readonly LeaseFolder _leases;
    private readonly TimeProvider _time;
    private readonly SortedDictionary<int, WatchedJournal> _watched = [];
    private RunTally? _tally;

    /// <param name="run">A run folder, or the table beside it.</param>
    /// <exception cref="FileNotFoundException">There is no run.</exception>
    public RunStatusReader(string run) : this(run, TimeProvider.System)
    {
    }

    internal RunStatusReader(string run, TimeProvider time)
    {
        _folder = RunFolder.At(run);
        if (!RunFolder.IsRun(_folder.FullPath))
            throw new FileNotFoundException($"'{_folder.FullPath}' is no run folder: it has no {RunManifest.FileName}. Give the --output "
                + "of synthesize or translate; a run whose tasks still wait for their turn has none yet.");
        (_journals, _leases, _time) = (new JournalFolder(_folder.FullPath), new LeaseFolder(_folder.FullPath), time);
    }

    /// <summary><see cref="SynthesisBackend.Place"/> of where the answers of a run are; null where they are in its folder.</summary>
    /// <param name="run">A run folder, or the table beside it.</param>
    /// <exception cref="FileNotFoundException">There is no run.</exception>
    /// <exception cref="InvalidDataException">run.json is damaged.</exception>
    public static string? BackendOf(string run)
    {
        using var reader = new RunStatusReader(run);
        var manifest = RunManifest.Read(reader._folder.Manifest);
        return manifest.Options is { } options ? RecordedJob.Parse(options, reader._folder.Manifest).Backend : null;
    }

    /// <summary>What stands there now.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or of a later version.</exception>
    /// <exception cref="NotSupportedException">The answers are not in the folder.</exception>
    public RunStatus Read()
    {
        var manifest = RunManifest.Read(_folder.Manifest);
        var job = manifest.Options is { } options ? RecordedJob.Parse(options, _folder.Manifest) : null;
        if (job?.Backend is { } place)
            throw new NotSupportedException(
                $"'{_folder.FullPath}' has its answers in {place} and not in the folder. Ask there how far it is.");
        _tally ??= new RunTally(
            job?.Synthesis.Only is { } only ? [TripletColumns.Side(only)] : TripletColumns.Sides, job?.Synthesis.MaxAttempts ?? 1);
        foreach (var number in _journals.Numbers())
        {
            if (!_watched.TryGetValue(number, out var journal))
                _watched.Add(number, journal = new WatchedJournal(_journals.Journal(number)));
            foreach (var mark in journal.ReadNew())
                _tally.Take(mark);
        }
        var listing = _leases.List();
        var held = Held(listing);
        var samples = job?.Synthesis.Samples ?? 1;
        var rows = (job?.Dedupe == true ? manifest.Input.DistinctAnchors : manifest.Input.Rows) * samples;
        var done = Enumerable.Range(0, manifest.Shards).Where(s => listing.Done.Contains(ShardLeases.Name(s))).ToArray();
        var isComplete = manifest.Outcome is not null;
        var decided = Math.Max(_tally.Decided, samples * done.Sum(s => RowsOf(manifest, s)));
        var timeout = TimeSpan.FromSeconds(job?.LeaseTimeoutSeconds ?? new LeaseOptions().Timeout.TotalSeconds);
        return new RunStatus
        {
            Place = _folder.FullPath,
            Rows = rows,
            // the same text again is no row of a run without repeated ones, but counts in its shard
            DoneRows = isComplete || done.Length == manifest.Shards ? rows : Math.Min(decided, rows),
            Shards = manifest.Shards,
            DoneShards = done.Length,
            IsComplete = isComplete,
            Tasks = [.. _watched.Select(j => TaskOf(j.Key, j.Value, held, timeout))],
        };
    }

    /// <summary>Closes what it reads.</summary>
    public void Dispose()
    {
        foreach (var journal in _watched.Values)
            journal.Dispose();
    }

    private static long RowsOf(RunManifest manifest, int shard) =>
        Math.Min(manifest.ShardRows, manifest.Input.Rows - (long)shard * manifest.ShardRows);

    /// <summary>Claims that count, by the id of who made them.</summary>
    private Dictionary<string, List<TimeSpan>> Held(LeaseListing listing)
    {
        Dictionary<string, List<TimeSpan>> held = new(StringComparer.Ordinal);
        foreach (var (name, claim) in listing.Claims)
        {
            var path = _leases.Claim(name, claim);
            if (listing.Done.Contains(name) || RunFiles.TryRead(path) is not { } bytes
                || Lease.TryParse(bytes) is not { State: LeaseState.Held } lease)
                continue;
            if (!held.TryGetValue(lease.Owner.Id, out var silences))
                held.Add(lease.Owner.Id, silences = []);
            silences.Add(_time.GetUtcNow() - File.GetLastWriteTimeUtc(path));
        }
        return held;
    }

    private RunTask TaskOf(int number, WatchedJournal journal, Dictionary<string, List<TimeSpan>> held, TimeSpan timeout)
    {
        var owner = _journals.ReadOwner(number);
        var claims = owner is not null && held.TryGetValue(owner.Id, out var silences) ? silences : [];
        TimeSpan? silence = claims.Count == 0 ? null : claims.Min() is var least && least > TimeSpan.Zero ? least : TimeSpan.Zero;
        var isDead = owner is null || IsDead(owner);
        var state = claims.Count > 0 ? isDead || silence > timeout ? RunTaskState.Lost : RunTaskState.Working
            : isDead ? RunTaskState.Ended : RunTaskState.Idle;
        return new RunTask
        {
            Journal = number,
            Host = owner?.Host ?? "",
            Task = owner?.Task,
            State = state,
            Shards = claims.Count,
            Answers = journal.Rate.Answers,
            RowsPerSecond = state == RunTaskState.Working
                ? _tally!.RowsOfAnAnswer * journal.Rate.AnswersPerSecond(_time.GetUtcNow()) : 0,
            Silence = silence,
        };
    }

    private bool IsDead(RunOwner owner)
    {
        try
        {
            return _journals.IsDead(owner);
        }
        catch (UnauthorizedAccessException)
        {
            // whoever may only read cannot try the lock, and goes by what is silent
            return false;
        }
    }
}
