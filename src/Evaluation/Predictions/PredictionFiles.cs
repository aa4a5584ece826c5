using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>Writes a report of predictions.</summary>
internal static class PredictionFiles
{
    /// <returns>The folder of each system's revision.</returns>
    public static IReadOnlyList<string> Write(PredictionScoreReport report, string folder) => SystemFiles.Write(
        report.Results.Select(Filed), folder, (stream, system, fingerprint) => ReportFile.Write(stream,
            report.Averages.Where(a => a.System == system), report.Results.Where(r => r.System == system), fingerprint));

    /// <summary>Scores, and their intervals as <c>SCORE_low</c> and <c>SCORE_high</c>.</summary>
    public static void WriteScores(Utf8JsonWriter json, IReadOnlyList<MetricScore> scores)
    {
        foreach (var score in scores)
        {
            json.WriteNumber(score.Name, score.Value);
            if (score.Interval is not { } interval)
                continue;
            json.WriteNumber($"{score.Name}_low", interval.Low);
            json.WriteNumber($"{score.Name}_high", interval.High);
        }
    }

    private static SystemResult Filed(PredictionScores result) => new()
    {
        System = result.System,
        SystemFingerprint = result.SystemFingerprint,
        Place = $"{result.TaskName} {result.Split} {result.Subset}",
        Task = result.Task.Word(),
        TaskName = result.TaskName,
        Split = result.Split,
        Subset = result.Subset,
        Setting = result.Setting.Word(),
        DataFingerprint = result.DataFingerprint,
        WriteScores = json => WriteScores(json, result.Metrics),
        Items = result.Items,
    };
}
