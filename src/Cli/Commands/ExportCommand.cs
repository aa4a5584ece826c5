using System.CommandLine;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx export</c></summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL_DIR")
        {
            Description = "Hugging Face checkpoint folder: config.json, safetensors (one file or sharded), tokenizer files.",
        };
        var adapters = new Option<string[]>("--adapter")
        {
            Description = "A PEFT LoRA adapter as NAME=DIR, for example pos=adapters/pos. May be given several times.",
            HelpName = "NAME=DIR",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The model folder to write. It must not exist; it appears under this name only when it is complete.",
            HelpName = "OUT",
            Required = true,
        };
        var context = new Option<int?>("--context")
        {
            Description = "Longest prompt plus answer in tokens (rows of the rotary caches). Default: what the checkpoint allows, at most 8192.",
            HelpName = "N",
        };
        var scale = new Option<EmbeddingScaleMode>("--embedding-scale")
        {
            Description = "Gemma's factor on the embeddings: exact, or rounded as in training (bf16). "
                + "Default: bf16 when neither export nor training is fp32.",
            HelpName = "auto|exact|bf16",
        };
        var weights = new WeightOptions();
        var command = new Command("export", "Export a checkpoint and its LoRA adapters to a model folder that ONNX Runtime GenAI loads.")
        {
            model, adapters, output, context, scale, ExportAdapterCommand.Create(), ExportBankCommand.Create(),
        };
        weights.AddTo(command);
        command.SetGuardedAction((parse, cancellationToken) =>
        {
            var options = weights.Apply(parse, new ExportOptions
            {
                Adapters = NamedFolders.Parse(parse.GetValue(adapters) ?? []),
                ContextLength = parse.GetValue(context),
                EmbeddingScale = parse.GetValue(scale),
            });
            var progress = new ExportProgressDisplay();
            var report = ModelExporter.Export(
                parse.GetRequiredValue(model), parse.GetRequiredValue(output), options, progress, cancellationToken);
            progress.Finish();
            ExportReportView.Write(report);
            return Task.FromResult(ExitCodes.Succeeded);
        });
        return command;
    }
}
