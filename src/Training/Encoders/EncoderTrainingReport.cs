namespace XlLoraOnnx.Training;

/// <summary>What came of the training of an encoder.</summary>
public sealed record EncoderTrainingReport : TrainingReport
{
    internal EncoderTrainingReport(EncoderTaskParts parts, TrainingResult result, string folder)
        : base(folder, parts.Batches.Data.Rows, parts.Batches.StepsPerEpoch, result, parts.Notices) =>
        (FirstMlmLoss, LastMlmLoss) = (result.History.Steps[0].MlmLoss, result.History.Steps[^1].MlmLoss);

    /// <summary>Of the first step, the masked language model's part of it before its weight: −log p of a hidden token. Null without
    /// one.</summary>
    public double? FirstMlmLoss { get; }

    /// <summary>The same of the last step.</summary>
    public double? LastMlmLoss { get; }
}
