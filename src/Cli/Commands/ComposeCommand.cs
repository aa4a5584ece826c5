using System.CommandLine;
using System.Globalization;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx compose</c></summary>
internal static class ComposeCommand
{
    public static Command Create()
    {
        var recipe = new Argument<string>("RECIPE")
        {
            Description = "Sum of adapters: names, numbers, + - * and parentheses, \"task + 0.5 * (hausa - english)\". lambda stands for "
                + "the numbers of --lambda.",
        };
        var parts = new Argument<string[]>("NAME=DIR")
        {
            Description = "The PEFT folder of each name in the recipe.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The PEFT folder to write; with several numbers for lambda, a folder with one for each.",
            HelpName = "DIR",
            Required = true,
        };
        var lambdas = new Option<string?>("--lambda")
        {
            Description = "What lambda in the recipe stands for: one number or several, 0,0.25,0.5,1.",
            HelpName = "NUMBERS",
        };
        var model = new Option<string?>("--base", "-b")
        {
            Description = "An exported model folder that all adapters must fit. Without it they must name the same base.",
            HelpName = "MODEL",
        };
        var json = new Option<bool>("--json") { Description = "One JSON object with every module instead of tables." };
        var choices = new CompositionChoices();
        const string Description =
            "Add and subtract PEFT adapters: language arithmetic (AdaMergeX), exact sums, sums cut to a rank, TIES, DARE.";
        var command = new Command("compose", Description) { recipe, parts, output, lambdas, model, json };
        choices.AddTo(command);
        command.SetGuardedAction((parse, cancellationToken) =>
        {
            var read = AdapterRecipe.Parse(parse.GetRequiredValue(recipe));
            var folders = NamedFolders.Parse(parse.GetRequiredValue(parts));
            var options = choices.Read(parse) with { BaseFolder = parse.GetValue(model) };
            var target = parse.GetRequiredValue(output);
            var reports = parse.GetValue(lambdas) is { } numbers
                ? AdapterComposer.Sweep(read, folders, target, Numbers(numbers), options, cancellationToken)
                : [AdapterComposer.Compose(read, folders, target, options, lambda: null, cancellationToken)];
            if (parse.GetValue(json))
                JsonOutput.Write(reports);
            else
                CompositionView.Write(reports);
            return Task.FromResult(ExitCodes.Succeeded);
        });
        return command;
    }

    private static double[] Numbers(string list) => [.. list.Split(',').Select(text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw new ArgumentException($"--lambda is '{list}', and '{text}' in it is not a number. Example: --lambda 0,0.25,0.5,1"))];
}
