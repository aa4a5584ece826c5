using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>Writes a report of translations.</summary>
internal static class TranslationFiles
{
    /// <returns>The folder of each system's revision.</returns>
    public static IReadOnlyList<string> Write(TranslationReport report, string folder) => SystemFiles.Write(
        report.Results.Select(Filed), folder, (stream, system, fingerprint) =>
            ReportFile.Write(stream, report, report.Results.Where(r => r.System == system), fingerprint));

    private static SystemResult Filed(TranslationScores result) => new()
    {
        System = result.System,
        SystemFingerprint = result.SystemFingerprint,
        Place = result.Subset,
        Task = EvaluationFiles.TaskWord(EvaluationTask.Translation),
        TaskName = result.TaskName,
        Split = result.Split,
        Subset = result.Subset,
        DataFingerprint = result.DataFingerprint,
        WriteScores = json => WriteScores(json, result),
        Items = result.Items,
    };

    private static void WriteScores(Utf8JsonWriter json, TranslationScores result)
    {
        foreach (var score in result.Scores)
            json.WriteNumber(score.Name, score.Value);
        json.WriteStartObject("signatures");
        foreach (var score in result.Scores)
            json.WriteString(score.Name, score.Signature);
        json.WriteEndObject();
    }
}
