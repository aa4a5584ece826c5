using System.CommandLine;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx train fusion</c></summary>
internal static class TrainFusionCommand
{
    public static Command Create()
    {
        var choices = new FusionTrainingChoices();
        return new TrainingVerb<FusionTrainingOptions, FusionTrainingReport>(
            choices.Read, new TrainingRunOptions(FusionTrainingOptions.TrainingDefaults))
        {
            Model = "Hugging Face checkpoint folder of an XLM-RoBERTa or RoBERTa. Its weights stay as they are.",
            Data = "Rows of the task with labels or answers, and their texts in the source language in columns FIELD_translated or "
                + "source_FIELD beside them: CSV, TSV, JSON, Parquet, or a folder of them.",
            Output = "PEFT folder with flare_config.json",
            PlanAsync = FusionTrainer.PlanAsync,
            TrainAsync = FusionTrainer.TrainAsync,
            Write = TrainingReportView.Write,
        }.Create("fusion", "Train an adapter that reads two languages at once, and its head (FLARE), or a plain one.", choices.AddTo);
    }
}
