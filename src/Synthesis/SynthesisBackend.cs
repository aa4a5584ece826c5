using System.Collections.Concurrent;

namespace XlLoraOnnx.Synthesis;

/// <summary>Where the processes of a run keep its answers and divide its work, in place of the run folder.</summary>
/// <remarks>Outputs are written into the run folder all the same, where there is one, by whoever ends last.</remarks>
public sealed record SynthesisBackend
{
    /// <summary>Opens the answers of a run for this process, by the id of the run.</summary>
    public required Func<string, CancellationToken, ValueTask<IAnswerLog>> OpenLog { get; init; }

    /// <summary>Opens the work of a run for this process: id of the run, number of its shards, timeout of a claim.</summary>
    public required Func<string, int, TimeSpan, CancellationToken, ValueTask<IWorkQueue>> OpenQueue { get; init; }

    /// <summary>Told what a run is before its answers are opened, and again when its outputs are written, for those who only look at
    /// it; null for nobody.</summary>
    public Func<SharedRun, CancellationToken, ValueTask>? Describe { get; init; }

    /// <summary>Stores the input of a run, by its id, for processes that have no file of it; null where each needs one.</summary>
    /// <remarks>Called by each process that has the file; what is stored already stays. Its rows may be asked for again, and all of them
    /// are stored or none.</remarks>
    public Func<string, SharedInput, CancellationToken, ValueTask>? StoreInput { get; init; }

    /// <summary>The input that was stored, which may be waited for; its result is null where nobody has stored it.</summary>
    public Func<CancellationToken, ValueTask<SharedInput?>>? FindInput { get; init; }

    /// <summary>Where that is, without passwords, so that a run folder can say where its answers are; null for this process.</summary>
    public string? Place { get; init; }

    /// <summary>In the memory of this process; jobs that are given the same object work together on the same run.</summary>
    /// <remarks>Nothing survives the process, and all answers are held: some hundred bytes each.</remarks>
    public static SynthesisBackend InMemory()
    {
        ConcurrentDictionary<string, MemoryAnswers> answers = new(StringComparer.Ordinal);
        ConcurrentDictionary<string, MemoryShards> shards = new(StringComparer.Ordinal);
        return new SynthesisBackend
        {
            OpenLog = (run, _) => new(new MemoryAnswerLog(answers.GetOrAdd(run, _ => new MemoryAnswers()))),
            OpenQueue = (run, count, timeout, _) => new(
                new MemoryWorkQueue(shards.GetOrAdd(run, _ => new MemoryShards(count, new LeaseOptions { Timeout = timeout })))),
        };
    }
}
