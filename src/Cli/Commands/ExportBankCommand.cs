using System.CommandLine;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx export bank</c></summary>
internal static class ExportBankCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the bank; one of the same name is replaced." };
        var model = new Option<string>("--base", "-b")
        {
            Description = "The exported model folder that holds the adapters.",
            HelpName = "MODEL",
            Required = true,
        };
        var adapters = new Option<string[]>("--adapters")
        {
            Description = "Adapters of the folder, in the order of the bank. Default: all.",
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = true,
        };
        const string Description = "Put adapters of a model folder into one bank, so that one batch can serve them all.";
        var command = new Command("bank", Description) { name, model, adapters };
        command.SetGuardedAction((parse, cancellationToken) =>
        {
            var chosen = parse.GetValue(adapters) is { Length: > 0 } names ? names : null;
            var report = BankExporter.Export(parse.GetRequiredValue(model), parse.GetRequiredValue(name), chosen, cancellationToken);
            Console.Out.WriteLine($"bank {report.Name}: rank {report.Rank} → {report.File}");
            foreach (var adapter in report.Adapters)
                Console.Out.WriteLine(
                    $"  {adapter.Name}: ranks {adapter.FirstRank} to {adapter.FirstRank + adapter.Rank - 1} of lora_mask");
            return Task.FromResult(ExitCodes.Succeeded);
        });
        return command;
    }
}
