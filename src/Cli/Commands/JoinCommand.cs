using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx join</c></summary>
internal static class JoinCommand
{
    public static Command Create()
    {
        var positives = new Argument<string>("POSITIVES")
        {
            Description = "sent0 and sent1: CSV, TSV, JSON, Parquet, or a run folder of synthesize --positive-only.",
        };
        var negatives = new Argument<string>("NEGATIVES")
        {
            Description = "sent0 and hard_neg: the same, or a run folder of synthesize --negative-only.",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "Triplets, as .csv, .jsonl or .parquet.",
            HelpName = "FILE",
            DefaultValueFactory = _ => "triplets.csv",
        };
        var command = new Command("join", "Join positives and hard negatives that were made in two runs into triplets, by their anchors.")
        {
            positives, negatives, output,
        };
        command.SetGuardedAction(async (parse, cancellationToken) =>
        {
            var report = await TripletJoiner.JoinAsync(parse.GetRequiredValue(positives), parse.GetRequiredValue(negatives),
                parse.GetRequiredValue(output), cancellationToken).ConfigureAwait(false);
            Console.Out.WriteLine($"triplets              {Quantities.Count(report.Triplets)} in {report.Output}");
            Console.Out.WriteLine($"positives alone       {Quantities.Count(report.PositivesAlone)}");
            Console.Out.WriteLine($"hard negatives alone  {Quantities.Count(report.NegativesAlone)}");
            Console.Out.WriteLine($"both the same         {Quantities.Count(report.Equal)} left out");
            return ExitCodes.Succeeded;
        });
        return command;
    }
}
