using System.CommandLine;
using XlLoraOnnx.Exporter;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx export</c></summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL_DIR")
        {
            Description = "Hugging Face checkpoint folder: config.json, weights (safetensors, or pytorch_model.bin; one file or sharded), "
                + "tokenizer files. With --base, the folder of a run of FLARE, or of its adapter alone.",
        };
        var adapters = new Option<string[]>("--adapter")
        {
            Description = "A PEFT LoRA adapter as NAME=DIR, for example pos=adapters/pos. May be given several times.",
            HelpName = "NAME=DIR",
        };
        var output = new Option<string?>("--output", "-o")
        {
            Description =
                "The model folder to write. It appears under this name when it is complete; interrupted, the same command continues.",
            HelpName = "OUT",
        };
        var context = new Option<int?>("--context")
        {
            Description =
                "Longest prompt plus answer, or longest text to embed, in tokens. Default: what the checkpoint allows, at most 8192.",
            HelpName = "N",
        };
        var scale = new Option<EmbeddingScaleMode>("--embedding-scale")
        {
            Description = "Gemma's factor on the embeddings: exact, or rounded as in training (bf16). "
                + "Default: bf16 unless the export is fp32 or the checkpoint not bfloat16.",
            HelpName = "auto|exact|bf16",
        };
        var merge = new Option<string?>("--merge")
        {
            Description = "Fold one of the adapters given into the base instead of exporting it, for runs with that adapter alone.",
            HelpName = "NAME",
        };
        var maxRam = new Option<string?>("--max-ram")
        {
            Description = "Most memory that the program takes, for example 4GiB or 512MiB. Default: 2GiB, whatever the size of the model.",
            HelpName = "SIZE",
        };
        var planOnly = new Option<bool>("--plan")
        {
            Description = "Only say what the export would do (sizes, memory, disk, time) and every reason that it cannot.",
        };
        var weights = new WeightOptions();
        var pooling = new PoolingOptions();
        var flare = new FlareChoices();
        const string Description =
            "Export a checkpoint and its LoRA adapters to a model folder: to generate text with ONNX Runtime GenAI, or to embed texts.";
        var command = new Command("export", Description)
        {
            model, adapters, merge, output, context, scale, maxRam, planOnly, ExportAdapterCommand.Create(), ExportBankCommand.Create(),
        };
        weights.AddTo(command);
        pooling.AddTo(command);
        flare.AddTo(command);
        command.SetGuardedAction((parse, cancellationToken) =>
        {
            var options = flare.Apply(parse, pooling.Apply(parse, weights.Apply(parse, new ExportOptions
            {
                Adapters = NamedFolders.Parse(parse.GetValue(adapters) ?? []),
                ContextLength = parse.GetValue(context),
                EmbeddingScale = parse.GetValue(scale),
                Merge = parse.GetValue(merge),
                MaxRam = parse.GetValue(maxRam) is { } size ? ByteSize.Parse(size, maxRam.Name) : null,
            })));
            var source = parse.GetRequiredValue(model);
            if (parse.GetValue(output) is not { } target)
                return Task.FromResult(WriteAdapter(source, options.Flare, parse.GetValue(planOnly), cancellationToken));
            var plan = ModelExporter.Plan(source, target, options);
            ExportPlanView.Write(plan);
            if (parse.GetValue(planOnly))
            {
                foreach (var problem in plan.Problems)
                    Console.Error.WriteLine($"error: {problem}");
                return Task.FromResult(plan.Problems.Count == 0 ? ExitCodes.Succeeded : ExitCodes.Failed);
            }
            var progress = new ExportProgressDisplay();
            var report = IntegerExporter.Export(source, target, options, progress, cancellationToken);
            progress.Finish();
            ExportReportView.Write(report);
            return Task.FromResult(ExitCodes.Succeeded);
        });
        return command;
    }

    /// <summary>Of a run of FLARE the adapter alone.</summary>
    private static int WriteAdapter(string run, FlareOptions? flare, bool planOnly, CancellationToken cancellationToken)
    {
        if (flare?.AdapterFolder is null)
            throw new ArgumentException("Nothing says where to write. Give the model folder with --output; of a run of FLARE, a folder for "
                + "the adapter alone with --flare-adapter.");
        if (planOnly)
            throw new ArgumentException("--plan is about a model folder. Give it with --output.");
        ExportReportView.Write(FlareExporter.ExportAdapter(run, flare, cancellationToken));
        return ExitCodes.Succeeded;
    }
}
