using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>evaluate --compare A B</c></summary>
internal static class EvaluationComparison
{
    public static async Task<int> RunAsync(
        EvaluationChoices choices, ParseResult parse, string a, string b, CancellationToken cancellationToken)
    {
        if (parse.GetValue(choices.Embedder.Model) is not null || parse.GetValue(choices.Data) is { Length: > 0 }
            || parse.GetValue(choices.Output) is not null)
            throw new ArgumentException("--compare reads results that were written before; it takes no --model, --data or --output.");
        var report = await EvaluationComparer.CompareAsync(a, b, seed: parse.GetValue(choices.Seed), cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        if (parse.GetValue(choices.Svg) is { } svg)
            await File.WriteAllTextAsync(svg, report.ToSvg(), cancellationToken).ConfigureAwait(false);
        if (parse.GetValue(choices.Json))
            JsonOutput.Write(report);
        else
            ComparisonView.Write(report, parse.GetValue(choices.Svg));
        return ExitCodes.Succeeded;
    }
}
