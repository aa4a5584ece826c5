namespace XlLoraOnnx.Evaluation;

/// <summary>What an <see cref="EmbeddingEvaluator"/> measures, and under which names the results are filed.</summary>
public sealed record EvaluationOptions
{
    /// <summary>What to measure on the data; what the data does not allow is left out when it is <see
    /// cref="EvaluationTask.All"/>.</summary>
    public EvaluationTask Task { get; init; } = EvaluationTask.All;

    /// <summary>What the results are filed under, <c>ORGANISATION/MODEL</c> or a name; null: what the generator says of itself.</summary>
    public string? ModelName { get; init; }

    /// <summary>The model's revision in result files, letters, digits, <c>-</c>, <c>.</c> and <c>_</c>; null: what the generator
    /// says.</summary>
    public string? Revision { get; init; }

    /// <summary>Name of the MTEB task; null: found from the layout, the file and the folder.</summary>
    public string? TaskName { get; init; }

    /// <summary>Split of the data; null: found from the file's name, or <c>test</c>.</summary>
    public string? Split { get; init; }

    /// <summary>Subset of the task; null: found from the file's name, or <c>default</c>. Data with subsets of its own is cut down to
    /// it.</summary>
    public string? Subset { get; init; }

    /// <summary>Languages as MTEB writes them (<c>hau-Latn</c>); empty: found from the subset.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>Pairs with at least this score count for alignment; null: those with the highest score of their data.</summary>
    public double? AlignmentThreshold { get; init; }

    /// <summary>Written before every text, in place of the prompts that MTEB would choose among the model's; empty for nothing, null for
    /// those.</summary>
    public string? Prompt { get; init; }

    /// <summary>Written before queries, in place of <see cref="Prompt"/> and the model's; empty for nothing, null for those.</summary>
    public string? QueryPrompt { get; init; }

    /// <summary>Written before documents, in place of <see cref="Prompt"/> and the model's; empty for nothing, null for those.</summary>
    public string? DocumentPrompt { get; init; }

    /// <summary>Resamples behind each interval; 0 for none.</summary>
    public int BootstrapSamples { get; init; } = 1000;

    /// <summary>Share of the resamples within an interval.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>Seed of the resampling; the same seed gives the same intervals on every machine.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>What the dataset card says of the file that is read with these options.</summary>
    internal CardEntry? Card { get; init; }

    internal bool HasPrompts => Prompt is not null || QueryPrompt is not null || DocumentPrompt is not null;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(BootstrapSamples);
        if (Confidence is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(Confidence), Confidence, $"Confidence is {Confidence}; it must lie between 0 " +
                $"and 1.");
        if (AlignmentThreshold is { } threshold && !double.IsFinite(threshold))
            throw new ArgumentOutOfRangeException(
                nameof(AlignmentThreshold), threshold, "The alignment threshold must be a finite number.");
        if (Revision is not null && !(Revision.Trim('.').Length > 0
            && Revision.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')))
            throw new ArgumentException(
                $"The revision is \"{Revision}\"; it names a folder and may have ASCII letters, digits, '-', '.' and '_'.");
        foreach (var language in Languages)
        {
            if (!LanguageNames.IsLanguageScript(language))
                throw new ArgumentException(
                    $"\"{language}\" is no language as MTEB writes it; three letters, a hyphen and a script are needed, such as hau-Latn.");
        }
    }
}
