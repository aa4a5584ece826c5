using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Training;

/// <summary><c>curves.csv</c>: a line for each step, with the scores of the evaluation after it; line 0 is before the first.</summary>
internal static class TrainingCurvesCsv
{
    public static string Write(TrainingHistory history, int stepsPerEpoch)
    {
        var names = history.Evaluations.SelectMany(e => e.Scores).Select(s => s.Name).Distinct().ToArray();
        string[] mlm = history.Steps.Any(s => s.MlmLoss is not null) ? ["mlm_loss"] : [];
        var csv = new StringBuilder()
            .AppendJoin(',', ["step", "epoch", "loss", "learning_rate", "gradient_norm", .. mlm, .. names.Select(Quoted)]).Append('\n');
        var evaluations = history.Evaluations.ToDictionary(e => e.Step, e => e.Scores);
        for (var step = 0; step <= history.Steps.Count; step++)
        {
            var scores = evaluations.GetValueOrDefault(step, []);
            if (step == 0 && scores.Count == 0)
                continue;
            string[] made = step == 0 ? ["", "", "", .. mlm.Select(_ => "")] : Numbers(history.Steps[step - 1]);
            csv.AppendJoin(',', [
                step.ToString(CultureInfo.InvariantCulture),
                ((double)step / stepsPerEpoch).ToString("0.####", CultureInfo.InvariantCulture),
                .. made,
                .. names.Select(name => scores.Where(s => s.Name == name).Select(s => Number(s.Value)).FirstOrDefault("")),
            ]).Append('\n');
        }
        return csv.ToString();
    }

    private static string[] Numbers(TrainedStep step) => [Number(step.Loss), Number(step.LearningRate), Number(step.GradientNorm),
        .. step.MlmLoss is { } mlm ? [Number(mlm)] : (string[])[]];

    /// <summary>The shortest that reads as the same number.</summary>
    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    // RFC 4180
    private static string Quoted(string name) =>
        name.AsSpan().ContainsAny(",\"\r\n") ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : name;
}
