namespace XlLoraOnnx.Evaluation;

/// <summary>What a <see cref="TranslationEvaluator"/> reads and measures.</summary>
public sealed record TranslationOptions
{
    /// <summary>Columns of tables with hypotheses, each one a system; empty: <c>hypothesis</c>, <c>translation</c>, <c>prediction</c> or
    /// <c>mt</c>.</summary>
    public IReadOnlyList<string> HypothesisColumns { get; init; } = [];

    /// <summary>Columns of tables with references; empty: <c>reference</c>, <c>references</c>, <c>ref</c>, and these with a
    /// number.</summary>
    public IReadOnlyList<string> ReferenceColumns { get; init; } = [];

    /// <summary>What the system of a table with one column of hypotheses is filed under; null: the file's name.</summary>
    public string? SystemName { get; init; }

    /// <summary>What the data is filed under; null: the file's name, or <c>FLORES</c>.</summary>
    public string? TaskName { get; init; }

    /// <summary>Split of the data; null: <c>devtest</c> of a FLORES folder that has it, or <c>dev</c>; <c>test</c> of other data.</summary>
    public string? Split { get; init; }

    /// <summary>The pair of languages, <c>eng_Latn-hau_Latn</c>, where neither columns nor names of files say it; of data that do, only
    /// that pair is measured.</summary>
    public string? Subset { get; init; }

    /// <summary>Words of BLEU; null: Chinese where the target language is, or else mteval's.</summary>
    public BleuTokenization? Tokenization { get; init; }

    /// <summary>Smoothing of BLEU.</summary>
    public BleuSmoothing Smoothing { get; init; } = BleuSmoothing.Exponential;

    /// <summary>Resamples behind intervals and comparisons; 0 for none.</summary>
    public int BootstrapSamples { get; init; } = 1000;

    /// <summary>Seed of the resampling; the same seed gives the same numbers on every machine.</summary>
    public long Seed { get; init; } = 12345;

    internal void Validate() => ArgumentOutOfRangeException.ThrowIfNegative(BootstrapSamples);
}
