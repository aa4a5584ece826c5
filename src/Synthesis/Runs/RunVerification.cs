namespace XlLoraOnnx.Synthesis;

/// <summary>One thing that was checked of a run folder.</summary>
/// <param name="Name">What was checked.</param>
/// <param name="Passed">Whether it is as it should be.</param>
/// <param name="Detail">What was found.</param>
public sealed record RunCheck(string Name, bool Passed, string Detail);

/// <summary>Answers of a run that were generated again.</summary>
public sealed record RunSampleReport
{
    /// <summary>Answers generated again.</summary>
    public required long Answers { get; init; }

    /// <summary>Those that are the same, character by character.</summary>
    public required long Equal { get; init; }

    /// <summary>The first few that are not.</summary>
    public required IReadOnlyList<RunSampleDifference> Differences { get; init; }

    /// <summary>What is not as it was when the answers were made: engine, devices, version.</summary>
    public required IReadOnlyList<string> Circumstances { get; init; }
}

/// <summary>An answer that came out differently.</summary>
public sealed record RunSampleDifference(string Id, SynthesisSide Side, string Anchor, string Recorded, string Now);
