using System.CommandLine;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx inspect</c></summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("PATH")
        {
            Description = "A model folder, a checkpoint folder, a PEFT folder, or an .onnx_adapter file.",
        };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of tables." };
        var untrusted = new Option<bool>("--untrusted")
        {
            Description = "Run every safety check on it and list what is found; exit code 1 if anything is unsafe.",
        };
        var command = new Command("inspect", "Show what a model folder, a checkpoint or an adapter holds.") { path, json, untrusted };
        command.SetGuardedAction((parse, _) =>
        {
            var (target, asJson) = (parse.GetRequiredValue(path), parse.GetValue(json));
            return Task.FromResult(parse.GetValue(untrusted) ? CheckUntrusted(target, asJson) : Inspect(target, asJson));
        });
        return command;
    }

    private static int Inspect(string path, bool asJson)
    {
        if (ModelInfo.IsModelFolder(path))
            Show(ModelInfo.Read(path), asJson, ModelInfoView.Write);
        else
            Show(Inspector.Inspect(path), asJson, InspectionView.Write);
        return ExitCodes.Succeeded;
    }

    private static int CheckUntrusted(string path, bool asJson)
    {
        var findings = Inspector.CheckUntrusted(path);
        Show(findings, asJson, InspectionView.Write);
        return findings.Any(f => f.Level == FindingLevel.Unsafe) ? ExitCodes.Failed : ExitCodes.Succeeded;
    }

    private static void Show<T>(T value, bool asJson, Action<T> table)
    {
        if (asJson)
            JsonOutput.Write(value);
        else
            table(value);
    }
}
