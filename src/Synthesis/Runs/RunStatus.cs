namespace XlLoraOnnx.Synthesis;

/// <summary>How far a run is and who works on it, as far as its folder or its database says.</summary>
public sealed record RunStatus
{
    /// <summary>Full path of the run folder, or the address of the run in a database, without password.</summary>
    public required string Place { get; init; }

    /// <summary>Rows of the run: anchors times samples, texts times languages.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows that are decided, at least: of a shard that somebody works on, those with all their answers.</summary>
    public required long DoneRows { get; init; }

    /// <summary>Shards of the run.</summary>
    public required int Shards { get; init; }

    /// <summary>Shards that are finished.</summary>
    public required int DoneShards { get; init; }

    /// <summary>Whether the outputs are written.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>All who have worked on the run, in the order of their numbers.</summary>
    public required IReadOnlyList<RunTask> Tasks { get; init; }

    /// <summary>Of all tasks together.</summary>
    public double RowsPerSecond => Tasks.Sum(t => t.RowsPerSecond);

    /// <summary>At the rate of the last minutes; null where there is none, or nothing left.</summary>
    public TimeSpan? TimeLeft =>
        RowsPerSecond > 0 && !IsComplete ? TimeSpan.FromSeconds((Rows - DoneRows) / RowsPerSecond) : null;
}

/// <summary>A process that has worked on a run; of several that went on with one journal, the last.</summary>
public sealed record RunTask
{
    /// <summary>Number of its journal; in a database, of the process in the order in which they came.</summary>
    public required int Journal { get; init; }

    /// <summary>Name of its machine.</summary>
    public required string Host { get; init; }

    /// <summary>What its scheduler calls it, as <c>1234_7</c> of a Slurm array; null without one.</summary>
    public required string? Task { get; init; }

    /// <summary>What it does.</summary>
    public required RunTaskState State { get; init; }

    /// <summary>Shards that it has claimed and not finished.</summary>
    public required int Shards { get; init; }

    /// <summary>Answers that it has given.</summary>
    public required long Answers { get; init; }

    /// <summary>Rows a second within the last minutes.</summary>
    public required double RowsPerSecond { get; init; }

    /// <summary>How long ago it last showed that it lives; null where it claims nothing. By the clocks of this machine and of the
    /// disk, or that of the database alone.</summary>
    public required TimeSpan? Silence { get; init; }
}

/// <summary>What a process of a run does.</summary>
public enum RunTaskState
{
    /// <summary>It has shards, or writes the outputs, and shows that it lives.</summary>
    Working,

    /// <summary>It has nothing: it waits for what others have, or has ended on another machine.</summary>
    Idle,

    /// <summary>It has shards, and is dead or silent for longer than the timeout: whoever asks next gets them.</summary>
    Lost,

    /// <summary>It has ended, and has nothing.</summary>
    Ended,
}
