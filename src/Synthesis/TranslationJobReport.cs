namespace XlLoraOnnx.Synthesis;

/// <summary>What a <see cref="TranslationJob"/> did.</summary>
public sealed record TranslationJobReport
{
    /// <summary>Full path of the run folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The table of translations.</summary>
    public required string Output { get; init; }

    /// <summary>Whether the run is done and its outputs are there; otherwise other processes still work on it.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Texts of the input, each a line of the output.</summary>
    public required long Texts { get; init; }

    /// <summary>Translations of the run: texts times target languages; those of blank texts are blank.</summary>
    public required long Translations { get; init; }

    /// <summary>Translations that this process decided.</summary>
    public required long OwnTranslations { get; init; }

    /// <summary>Translations that are missing, by reason.</summary>
    public required IReadOnlyDictionary<RejectionReason, long> Rejected { get; init; }

    /// <inheritdoc cref="SynthesisReport.Reopened"/>
    public int Reopened { get; init; }

    /// <summary>Up to ten translations from all over the input.</summary>
    public required IReadOnlyList<ShownTranslation> Examples { get; init; }

    /// <summary>The first few that are missing.</summary>
    public required IReadOnlyList<ShownTranslation> RejectedRows { get; init; }

    /// <summary>Wall-clock time of this process.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>What ran the model, and why.</summary>
    public required EngineInfo Engine { get; init; }

    /// <summary>What the generator counted during the job.</summary>
    public required GenerationStatistics Statistics { get; init; }

    /// <summary>Generated tokens per second of wall-clock time.</summary>
    public double TokensPerSecond => Elapsed > TimeSpan.Zero ? Statistics.GeneratedTokens / Elapsed.TotalSeconds : 0;

    internal static TranslationJobReport Of(SynthesisJobOptions job, SynthesisReport report)
    {
        var targets = ((TranslationStrategy)job.Synthesis.Strategy).Targets;
        ShownTranslation Shown(SynthesisResult row) => new(row.RowId, row.Sent0, targets[row.Sample], row.Sent1, row.Rejected?.Detail);
        return new TranslationJobReport
        {
            Folder = report.Folder,
            Output = report.Output,
            IsComplete = report.IsComplete,
            Texts = report.Rows / targets.Count,
            Translations = report.Rows,
            OwnTranslations = report.OwnRows,
            Rejected = report.Rejected,
            Reopened = report.Reopened,
            Examples = [.. report.Examples.Select(Shown)],
            RejectedRows = [.. report.RejectedRows.Select(Shown)],
            Elapsed = report.Elapsed,
            Engine = report.Engine,
            Statistics = report.Statistics,
        };
    }
}

/// <summary>A translation for a person to look at.</summary>
/// <param name="Row">0-based index of the text in the input.</param>
/// <param name="Text">As it was read.</param>
/// <param name="TargetLanguage">Of the translation.</param>
/// <param name="Translation">Null where there is none.</param>
/// <param name="Error">Why it is missing; null where it is not.</param>
public sealed record ShownTranslation(long Row, string Text, string TargetLanguage, string? Translation, string? Error);
