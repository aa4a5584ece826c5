
namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>
/// Several processes, each a thread with a clock of its own, that stop before and after each step on the disk; a seeded choice says who
/// makes the next one. Some are suspended for longer than the timeout, some die.
/// </summary>
[TestClass]
public sealed class LeaseInterleavingTests
{
    private const int Shards = 8;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Leases_AnyInterleaving_EveryShardIsFinishedOnceAndWhoeverLostItKnows(int block)
    {
        int takenOver = 0;
        for (int seed = block * 25; seed < (block + 1) * 25; seed++)
            Run(seed, ref takenOver);
        Assert.IsGreaterThan(20, takenOver, "without takeovers nothing was tried");
    }

    private static void Run(int seed, ref int takenOver)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        var processes = Enumerable.Range(0, 4).Select(i => new Process(folder.Path, dies: i == 3, random.Next())).ToArray();
        RunFaults.At = (point, _) => Process.Current?.Stop(point);
        try
        {
            foreach (var process in processes)
                process.Start();
            for (int step = 0; processes.Any(p => p.IsRunning); step++)
            {
                Assert.IsLessThan(100_000, step, $"seed {seed}: it does not end");
                var running = processes.Where(p => p.IsRunning).ToArray();
                var awake = running.Where(p => p.SuspendedUntil <= step).ToArray();
                var next = (awake.Length > 0 ? awake : running)[random.Next(awake.Length > 0 ? awake.Length : running.Length)];
                // Longer than the timeout, at any point, and most often between looking and acting.
                if (random.Next(next.Point == RunPoint.BeforeCreate ? 4 : 40) == 0)
                    next.SuspendedUntil = step + random.Next(150);
                else
                    next.Step();
                foreach (var process in running)
                    process.Time.Jump(TimeSpan.FromSeconds(2));
            }
        }
        finally
        {
            RunFaults.At = null;
        }

        foreach (var process in processes)
        {
            process.ThrowIfFailed($"seed {seed}");
            process.Dispose();
        }

        takenOver += processes.Sum(p => p.Lost);
        var finished = processes.SelectMany(p => p.Finished).ToArray();
        var died = processes.Where(p => p.HasDied).SelectMany(p => p.Held);
        CollectionAssert.AllItemsAreUnique(finished, $"seed {seed}");
        // Of a process that died within Finish nobody knows whether it had.
        CollectionAssert.IsSubsetOf(Enumerable.Range(0, Shards).Except(finished).ToArray(), died.ToArray(), $"seed {seed}");
        Assert.IsTrue(processes.Where(p => !p.HasDied).All(p => p.Leases.IsAllDone), $"seed {seed}");
    }

    private sealed class Process(string folder, bool dies, int seed) : IDisposable
    {
        [ThreadStatic]
        private static Process? _current;

        private readonly SemaphoreSlim _go = new(0);
        private readonly SemaphoreSlim _stopped = new(0);
        private readonly Random _random = new(seed);
        private Exception? _failure;
        private int _stepsToLive = dies ? new Random(seed).Next(60) : int.MaxValue;

        public static Process? Current => _current;

        public ManualTime Time { get; } = new();

        public ShardLeases Leases { get; private set; } = null!;

        /// <summary>Where it stops; null where it is not about to touch the disk.</summary>
        public RunPoint? Point { get; private set; }

        /// <summary>Step before which it is not chosen while there is another.</summary>
        public int SuspendedUntil { get; set; }

        public List<int> Finished { get; } = [];

        public List<int> Held { get; } = [];

        public int Lost { get; private set; }

        public bool IsRunning { get; private set; } = true;

        public bool HasDied { get; private set; }

        public void Start()
        {
            Leases = new ShardLeases(folder, Shards, RunOwner.Create(null), new LeaseOptions { Timeout = Timeout, Time = Time });
            Leases.Lost += _ => Lost++;
            new Thread(Live) { IsBackground = true }.Start();
            _stopped.Wait();
        }

        /// <summary>Goes on to the next stop.</summary>
        public void Step()
        {
            _go.Release();
            _stopped.Wait();
        }

        public void Stop(RunPoint? point = null)
        {
            Point = point;
            _stopped.Release();
            _go.Wait();
            if (_stepsToLive-- <= 0)
                throw new Died();
        }

        public void ThrowIfFailed(string message)
        {
            if (_failure is not null)
                throw new AssertFailedException($"{message}: {_failure}", _failure);
        }

        public void Dispose()
        {
            Leases.Dispose();
            _go.Dispose();
            _stopped.Dispose();
        }

        private void Live()
        {
            _current = this;
            try
            {
                Stop();
                while (!Leases.IsAllDone)
                    Work();
            }
            catch (Died)
            {
                HasDied = true;
            }
            catch (Exception e)
            {
                _failure = e;
            }

            IsRunning = false;
            _stopped.Release();
        }

        private void Work()
        {
            Stop();
            if (Leases.TryTake() is not { } shard)
            {
                Leases.Beat();
                return;
            }

            Held.Add(shard);
            for (int beats = _random.Next(4); beats > 0 && !Leases.IsLost(shard); beats--)
            {
                Stop();
                Leases.Beat();
            }

            if (_random.Next(8) == 0 && !Leases.IsLost(shard))
                Leases.Release(shard);
            else if (Leases.Finish(shard))
                Finished.Add(shard);
            else
                Assert.IsTrue(Leases.IsLost(shard));
            Held.Remove(shard);
        }

        private sealed class Died : Exception;
    }
}
