using System.CommandLine;
using XlLoraOnnx.Runtime;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx inspect</c></summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("MODEL") { Description = "An exported model folder." };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of tables." };
        var command = new Command("inspect", "Show what a model folder holds: the base, its files, its adapters and their coverage.")
        {
            folder, json,
        };
        command.SetGuardedAction((parse, _) =>
        {
            var info = ModelInfo.Read(parse.GetRequiredValue(folder));
            if (parse.GetValue(json))
                JsonOutput.Write(info);
            else
                ModelInfoView.Write(info);
            return Task.FromResult(ExitCodes.Succeeded);
        });
        return command;
    }
}
