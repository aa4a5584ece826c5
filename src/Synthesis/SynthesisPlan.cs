namespace XlLoraOnnx.Synthesis;

/// <summary>What a <see cref="SynthesisJob"/> is about to do.</summary>
public sealed record SynthesisPlan
{
    /// <summary>Full path of the run folder; empty where the run has none.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether the folder holds a run that goes on.</summary>
    public required bool IsContinued { get; init; }

    /// <summary>Whether all its rows were decided before.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Anchors of the input.</summary>
    public required long Anchors { get; init; }

    /// <summary>Different texts among them.</summary>
    public required long DistinctAnchors { get; init; }

    /// <summary>Anchors by the language of their rows; empty where rows have none.</summary>
    public IReadOnlyDictionary<string, long> Languages { get; init; } = new Dictionary<string, long>();

    /// <summary>Anchors that hold a line end; where the input was meant to have an anchor a line, a quote swallowed some.</summary>
    public required long AnchorsWithLineEnds { get; init; }

    /// <summary>Anchors that cannot be sent to a model, such as blank ones; they are rejected.</summary>
    public required long UnusableAnchors { get; init; }

    /// <summary>Anchors whose prompt has more tokens than the model folder serves; they are rejected.</summary>
    public required long TooLongAnchors { get; init; }

    /// <summary>Rows to be decided: anchors times samples.</summary>
    public required long Rows { get; init; }

    /// <summary>Answers that earlier processes left in the journals.</summary>
    public required long AnswersKept { get; init; }

    /// <summary>Consecutive anchors that a process takes at a time.</summary>
    public required int ShardRows { get; init; }
}
