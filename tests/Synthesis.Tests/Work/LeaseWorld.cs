namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>What a process may do with the leases of a run.</summary>
internal enum LeaseAct
{
    Take,
    Finish,
    Release,
    Beat,
    Suspend,
    Look,
    Die,
    Reopen,
}

/// <summary>The processes, and what ought to be.</summary>
internal sealed class LeaseWorld : IDisposable
{
    public const int Shards = 4;
    public const int Processes = 3;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly string _folder;
    private readonly bool _isOneMachine;
    private readonly Process[] _processes;

    // who has each shard, null if nobody; whether it is done; when each process could first have seen the lease as it is now
    private readonly Process?[] _holder = new Process?[Shards];
    private readonly bool[] _isDone = new bool[Shards];
    private readonly Dictionary<(int Process, int Shard), long> _seenSince = [];

    public LeaseWorld(string folder, bool isOneMachine)
    {
        (_folder, _isOneMachine) = (folder, isOneMachine);
        _processes = [.. Enumerable.Range(0, Processes).Select(_ => new Process(folder, isOneMachine, new ManualTime()))];
    }

    public void Do(LeaseAct act, int number, int shard, int seconds)
    {
        var process = _processes[number];
        switch (act)
        {
            case LeaseAct.Take:
                Take(process, number);
                break;
            case LeaseAct.Finish:
                Finish(process, shard);
                break;
            case LeaseAct.Release:
                Release(process, shard);
                break;
            case LeaseAct.Beat:
                Beat(process);
                break;
            case LeaseAct.Suspend:
                process.Time.Jump(TimeSpan.FromSeconds(seconds));
                break;
            case LeaseAct.Look:
                Look(process, shard);
                break;
            case LeaseAct.Die:
                process.Dispose();
                _processes[number] = new Process(_folder, _isOneMachine, process.Time);
                break;
            case LeaseAct.Reopen:
                Reopen(process);
                break;
        }
    }

    /// <summary>Whoever is left does what is left.</summary>
    public void End()
    {
        for (int round = 0; round < 4 && !_isDone.All(d => d); round++)
        {
            Take(_processes[0], 0);
            _processes[0].Time.Jump(Timeout);
            for (int shard = 0; shard < Shards; shard++)
                Take(_processes[0], 0);
            for (int shard = 0; shard < Shards; shard++)
                Finish(_processes[0], shard);
        }

        Assert.IsTrue(_isDone.All(d => d), "a shard was lost");
        foreach (var process in _processes)
            Assert.IsTrue(process.Leases.IsAllDone);
    }

    public void Dispose()
    {
        foreach (var process in _processes)
            process.Dispose();
    }

    private void Take(Process process, int number)
    {
        int? taken = process.Leases.TryTake();
        int free = Array.FindIndex(_isDone, 0, d => !d) < 0 ? -1
            : Enumerable.Range(0, Shards).Where(s => !_isDone[s] && IsFree(s) && !process.Mine.Contains(s)).Append(-1).First();
        if (taken is not { } shard)
        {
            Assert.AreEqual(-1, free, "there was a shard to take");
            return;
        }

        Assert.IsFalse(_isDone[shard], "it is done");
        Assert.IsFalse(process.Mine.Contains(shard), "it has it");
        Assert.IsTrue(free < 0 || shard <= free, "the first that is free is taken");
        if (!IsFree(shard))
            Assert.IsGreaterThanOrEqualTo(Timeout, process.Time.GetElapsedTime(_seenSince[(number, shard)]),
                "a lease was taken over although it had just changed");
        process.Mine.Add(shard);
        _holder[shard] = process;
        Changed(shard);
    }

    private void Finish(Process process, int shard)
    {
        if (!process.Mine.Remove(shard))
            return;
        bool isIts = _holder[shard] == process && !_isDone[shard];
        Assert.AreEqual(isIts, process.Leases.Finish(shard), "who has it finishes it, and nobody else");
        if (!isIts)
        {
            Assert.IsTrue(process.Leases.IsLost(shard));
            return;
        }

        (_isDone[shard], _holder[shard]) = (true, null);
        Assert.IsTrue(process.Leases.IsDone(shard));
    }

    private void Release(Process process, int shard)
    {
        if (!process.Mine.Remove(shard))
            return;
        process.Leases.Release(shard);
        if (_holder[shard] == process)
            _holder[shard] = null;
    }

    private void Beat(Process process)
    {
        process.Leases.Beat();
        foreach (int shard in process.Mine.ToArray())
            Confirmed(process, shard);
    }

    private void Look(Process process, int shard)
    {
        if (process.Mine.Contains(shard) && process.Leases.IsLost(shard))
        {
            Assert.AreNotEqual(process, _holder[shard], "it was told to stop although it has it");
            process.Mine.Remove(shard);
        }

        Assert.AreEqual(_isDone.All(d => d), process.Leases.IsAllDone);
        for (int s = 0; s < Shards; s++)
            Assert.AreEqual(_isDone[s], process.Leases.IsDone(s));
        Assert.AreEqual(_isDone.Count(d => d), process.Leases.Done);
    }

    private void Reopen(Process process)
    {
        process.Leases.Reopen();
        Array.Clear(_isDone);
        Assert.AreEqual(0, process.Leases.Done);
    }

    /// <summary>After it has looked, a process has what it thinks it has.</summary>
    private void Confirmed(Process process, int shard)
    {
        bool isIts = _holder[shard] == process;
        Assert.AreEqual(!isIts, process.Leases.IsLost(shard));
        if (isIts)
            Changed(shard);
        else
            process.Mine.Remove(shard);
    }

    /// <summary>Whether it may be taken at once.</summary>
    private bool IsFree(int shard) => _holder[shard] is not { } holder || (_isOneMachine && holder.IsDead);

    private void Changed(int shard)
    {
        for (int p = 0; p < Processes; p++)
            _seenSince[(p, shard)] = _processes[p].Time.GetTimestamp();
    }

    private sealed class Process : IDisposable
    {
        private readonly RunJournal? _journal;

        public Process(string folder, bool isOneMachine, ManualTime time)
        {
            Time = time;
            _journal = isOneMachine ? RunJournal.Open(folder, JournalAnswers.RunId) : null;
            Leases = new ShardLeases(
                folder, Shards, _journal?.Owner ?? RunOwner.Create(null), new LeaseOptions { Timeout = Timeout, Time = time });
        }

        public ManualTime Time { get; }

        public ShardLeases Leases { get; }

        /// <summary>What it has taken and neither given back nor heard to have lost.</summary>
        public HashSet<int> Mine { get; } = [];

        public bool IsDead { get; private set; }

        /// <summary>Nothing is given back; but the system lets go of its lock.</summary>
        public void Dispose()
        {
            IsDead = true;
            Leases.Dispose();
            _journal?.Dispose();
        }
    }
}
