namespace XlLoraOnnx.Synthesis;

/// <summary>Rows whose classes or answers are asked for, and where they go.</summary>
public sealed record PredictionJobOptions
{
    /// <summary>What <see cref="Dataset.Open"/> takes: CSV, TSV, JSON, JSON lines, Parquet.</summary>
    public required string Input { get; init; }

    /// <summary>The table: <c>.csv</c>, <c>.jsonl</c> or <c>.parquet</c>.</summary>
    public required string Output { get; init; }

    /// <summary>What the rows are.</summary>
    public required TextTask Task { get; init; }

    /// <summary>How they are read.</summary>
    public TaskExampleOptions Rows { get; init; } = new();

    /// <summary>The same rows in the source language, in a file of their own; null where they are in the same one, or nowhere.</summary>
    public string? SourceInput { get; init; }

    /// <summary>An adapter of the model; null for that of its options.</summary>
    public string? Adapter { get; init; }

    /// <summary>Whether an adapter that reads two languages gets the text alone.</summary>
    public bool WithoutSource { get; init; }

    /// <summary>What makes the text in the source language where a row has none; null for nothing. Stays the caller's.</summary>
    public ITranslator? Translator { get; init; }

    /// <summary>Code of the language of the texts, as the translator knows it.</summary>
    public string? TextLanguage { get; init; }

    /// <summary>Code of the source language, as the translator knows it.</summary>
    public string SourceLanguage { get; init; } = "eng_Latn";

    /// <summary>Only so many rows; null for all.</summary>
    public int? Limit { get; init; }
}
