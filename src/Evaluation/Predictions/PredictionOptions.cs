namespace XlLoraOnnx.Evaluation;

/// <summary>What a <see cref="PredictionEvaluator"/> reads and measures, and under which names the results are filed.</summary>
public sealed record PredictionOptions
{
    /// <summary>How rows are read; a language leaves out all others, a misplaced answer is always allowed, for scores do not look at
    /// places.</summary>
    public TaskExampleOptions Rows { get; init; } = new();

    /// <summary>The same rows in the source language, where they are in files of their own: as many as data; empty where they are
    /// not.</summary>
    public IReadOnlyList<string> SourceData { get; init; } = [];

    /// <summary>Tables of predictions, where the data have none: as many as data; paired by ids, or by their order where there are
    /// none.</summary>
    public IReadOnlyList<string> Predictions { get; init; } = [];

    /// <summary>Columns with predictions, each one a system.</summary>
    public IReadOnlyList<string> PredictionColumns { get; init; } = ["prediction"];

    /// <summary>What the system read. Of translate-test, the right answers are those of the translated contexts.</summary>
    public CrossLingualSetting Setting { get; init; } = CrossLingualSetting.ZeroShot;

    /// <summary>What the system is filed under where there is one; null: the name of the file with its predictions.</summary>
    public string? SystemName { get; init; }

    /// <summary>What the data is filed under; null: XNLI, NusaX-senti or TyDiQA.</summary>
    public string? TaskName { get; init; }

    /// <summary>Split of the data; null: found from the file's name, or <c>test</c>.</summary>
    public string? Split { get; init; }

    /// <summary>The language, where rows do not say it; null: found from the names of file and folder, or <c>default</c>.</summary>
    public string? Subset { get; init; }

    /// <summary>Resamples behind each interval; 0 for none.</summary>
    public int BootstrapSamples { get; init; } = 1000;

    /// <summary>Share of the resamples within an interval.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>Seed of the resampling; the same seed gives the same intervals on every machine.</summary>
    public long Seed { get; init; } = 42;

    internal void Validate(IReadOnlyList<string> data)
    {
        new EvaluationOptions { BootstrapSamples = BootstrapSamples, Confidence = Confidence }.Validate();
        if (data.Count == 0)
            throw new ArgumentException("There is no data to evaluate on; give files.", nameof(data));
        if (PredictionColumns.Count == 0 || PredictionColumns.Distinct(StringComparer.Ordinal).Count() < PredictionColumns.Count)
            throw new ArgumentException("There must be columns of predictions, each named once.");
        if (SystemName is not null && PredictionColumns.Count > 1)
            throw new ArgumentException(
                $"The name {SystemName} is for one system and there are {PredictionColumns.Count} columns of predictions, which are filed "
                + "under their names.");
        ThrowUnlessOneEach(SourceData, data, "the source language");
        ThrowUnlessOneEach(Predictions, data, "predictions");
    }

    private static void ThrowUnlessOneEach(IReadOnlyList<string> files, IReadOnlyList<string> data, string what)
    {
        if (files.Count > 0 && files.Count != data.Count)
            throw new ArgumentException($"There are {data.Count} of data and {files.Count} of {what}; give one for each, in their order.");
    }
}
