using System.CommandLine;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx export adapter</c></summary>
internal static class ExportAdapterCommand
{
    public static Command Create()
    {
        var adapters = new Argument<string[]>("ADAPTER")
        {
            Description = "PEFT LoRA adapters, each as DIR (named like the folder) or NAME=DIR; for a folder that was made of a run of "
                + "FLARE, adapters of FLARE: folders of --flare-adapter, or runs that hold all weights.",
            Arity = ArgumentArity.OneOrMore,
        };
        var model = new Option<string>("--base", "-b")
        {
            Description = "The exported model folder to add them to; an adapter of the same name is replaced.",
            HelpName = "MODEL",
            Required = true,
        };
        var command = new Command("adapter", "Add LoRA adapters to a model folder that was exported before.") { adapters, model };
        command.SetGuardedAction((parse, cancellationToken) =>
        {
            var exported = AdapterExporter.Export(
                NamedFolders.ParseOrName(parse.GetRequiredValue(adapters)), parse.GetRequiredValue(model), cancellationToken);
            foreach (var (name, adapter) in exported)
            {
                AdapterView.Write(name, adapter);
                foreach (var notice in adapter.Notices)
                    Console.Out.WriteLine($"notice: {notice}");
            }
            return Task.FromResult(ExitCodes.Succeeded);
        });
        return command;
    }
}
