using System.CommandLine;
using XlLoraOnnx.Runtime;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx verify</c></summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("MODEL") { Description = "An exported model folder." };
        var reference = new Option<string>("--reference")
        {
            Description = "A safetensors file with recorded prompts: prompt.i.input_ids and prompt.i.logits, and for greedy paths " +
                "prompt.i.greedy and prompt.i.margin.",
            HelpName = "FILE",
            Required = true,
        };
        var adapter = new Option<string?>("--adapter")
        {
            Description = "Adapter to mount. Default: none, the base model.",
            HelpName = "NAME",
        };
        var tolerance = new Option<double>("--tolerance")
        {
            Description = "Largest allowed absolute difference of a logit.",
            HelpName = "X",
            DefaultValueFactory = _ => new ParityOptions().Tolerance,
        };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines." };
        var noCanary = new Option<bool>("--no-canary") { Description = "Mount the adapter also when it changes nothing." };
        var command = new Command("verify", "Compare a model folder with logits and greedy tokens recorded by another implementation.")
        {
            folder, reference, adapter, tolerance, json, noCanary,
        };
        command.SetGuardedAction((parse, cancellationToken) =>
        {
            var asJson = parse.GetValue(json);
            var options = new ParityOptions
            {
                Adapter = AdapterNames.Parse(parse.GetValue(adapter)),
                Tolerance = parse.GetValue(tolerance),
                Canary = !parse.GetValue(noCanary),
            };
            var view = asJson ? null : new ParityView();
            var report = ParityVerifier.Verify(
                parse.GetRequiredValue(folder), parse.GetRequiredValue(reference), options, view, cancellationToken);
            if (asJson)
                ParityView.WriteJson(report);
            else
                ParityView.WriteVerdict(report);
            return Task.FromResult(report.Passed ? ExitCodes.Succeeded : ExitCodes.Failed);
        });
        return command;
    }
}
