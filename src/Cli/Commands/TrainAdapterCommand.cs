using System.CommandLine;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx train adapter</c></summary>
internal static class TrainAdapterCommand
{
    public static Command Create()
    {
        var choices = new AdapterTrainingChoices();
        return new TrainingVerb<AdapterTrainingOptions, AdapterTrainingReport>(
            choices.Read, new TrainingRunOptions(AdapterTrainingOptions.TrainingDefaults))
        {
            Model = "Hugging Face checkpoint folder of a Gemma 2, Gemma 3 or Llama with a chat template. Its weights stay as they are.",
            Data = "Rows of sent0 and sent1 (--side positive) or hard_neg (--side negative); for adapters of a language, of inputs and "
                + "targets or of prompt and completion: CSV, TSV, JSON, Parquet, or a folder of them.",
            Output = "PEFT folder",
            PlanAsync = AdapterTrainer.PlanAsync,
            TrainAsync = AdapterTrainer.TrainAsync,
            Write = TrainingReportView.Write,
        }.Create("adapter", "Train a LoRA adapter as those of XL-LoRA were, and write it as a PEFT folder.", choices.AddTo);
    }
}
