using System.CommandLine;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx train encoder</c></summary>
internal static class TrainEncoderCommand
{
    /// <summary>SimCSE contrasts the rows of a batch: eight, the default of transformers, are too few.</summary>
    private const int BatchSize = 64;

    public static Command Create()
    {
        var choices = new EncoderTrainingChoices();
        return new TrainingVerb<EncoderTrainingOptions, EncoderTrainingReport>(
            choices.Read, new TrainingRunOptions(new TrainingOptions { BatchSize = BatchSize }))
        {
            Model = "Hugging Face checkpoint folder of a BERT, DistilBERT, RoBERTa, XLM-RoBERTa or ModernBERT.",
            Data = "Rows of an anchor, a positive and a hard negative (sent0, sent1, hard_neg); of an anchor and a positive; or of a "
                + "text alone: CSV, TSV, JSON lines, Parquet, plain text, a folder of them, or a run of synthesize.",
            Output = "sentence-transformers folder",
            PlanAsync = EncoderTrainer.PlanAsync,
            TrainAsync = EncoderTrainer.TrainAsync,
            Write = TrainingReportView.Write,
        }.Create("encoder", "Train a sentence encoder (SimCSE), and write it as a sentence-transformers folder.", choices.AddTo);
    }
}
