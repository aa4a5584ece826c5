namespace XlLoraOnnx.Evaluation;

/// <summary>The scores of one system on one set.</summary>
public sealed record TranslationScores
{
    /// <summary>Name of the system.</summary>
    public required string System { get; init; }

    /// <summary>What the data is called.</summary>
    public required string TaskName { get; init; }

    /// <summary>Split of the data.</summary>
    public required string Split { get; init; }

    /// <summary>The pair of languages.</summary>
    public required string Subset { get; init; }

    /// <summary>File or folder of the data.</summary>
    public required string Source { get; init; }

    /// <summary>SHA-256 of the references.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>SHA-256 of the translations.</summary>
    public required string SystemFingerprint { get; init; }

    /// <summary>How many segments there are.</summary>
    public required int Segments { get; init; }

    /// <summary>BLEU, chrF and chrF++.</summary>
    public required IReadOnlyList<TranslationScore> Scores { get; init; }

    /// <summary>The system that p-values compare with; null for itself.</summary>
    public required string? ComparedWith { get; init; }

    /// <summary>What a reader of the scores should know.</summary>
    public required IReadOnlyList<string> Findings { get; init; }

    /// <summary>A score by its name.</summary>
    /// <exception cref="ArgumentException">There is no such score.</exception>
    public TranslationScore this[string name] => Scores.FirstOrDefault(s => s.Name == name) ??
        throw new ArgumentException($"There is no score \"{name}\"; there are {string.Join(", ", Scores.Select(s => s.Name))}.");

    internal ItemScores Items { get; init; } = new([], [], []);
}

/// <summary>What a <see cref="TranslationEvaluator"/> measured.</summary>
public sealed record TranslationReport
{
    /// <summary>One for each system and set.</summary>
    public required IReadOnlyList<TranslationScores> Results { get; init; }

    /// <summary>Files of the folders that are no data, and why.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    /// <summary>Data of the folders that could not be measured on, and why; the rest was.</summary>
    public IReadOnlyList<UnreadableData> Unreadable { get; init; } = [];
}
