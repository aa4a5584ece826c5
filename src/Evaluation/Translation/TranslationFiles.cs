using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>Writes a report as files of items, a folder for each system: translation is no MTEB task.</summary>
internal static class TranslationFiles
{
    private const string Task = "translation";

    /// <returns>The folder of each system's revision.</returns>
    public static IReadOnlyList<string> Write(TranslationReport report, string folder)
    {
        var written = new List<string>();
        foreach (var system in report.Results.GroupBy(r => r.System))
        {
            var fingerprint = Fingerprint([.. system]);
            var target = EvaluationFiles.FolderOf(system.Key, EmbeddingModelIdentity.RevisionOf(fingerprint), folder);
            Directory.CreateDirectory(target);
            foreach (var result in system)
            {
                var name = $"{result.TaskName}.{result.Split}.{result.Subset}.{Task}{EvaluationFiles.ItemsSuffix}";
                EvaluationFiles.WriteFile(Path.Combine(target, name), stream => EvaluationFiles.WriteLines(
                    stream, json => WriteHeader(json, result, fingerprint), result.Items));
            }
            EvaluationFiles.WriteFile(
                Path.Combine(target, ReportFile.Name), stream => ReportFile.Write(stream, report, system, fingerprint));
            written.Add(target);
        }
        return written;
    }

    /// <summary>Of all its translations: the same texts are the same revision.</summary>
    private static string Fingerprint(IReadOnlyList<TranslationScores> results) => results is [var one]
        ? one.SystemFingerprint
        : "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(
            System.Text.Encoding.UTF8.GetBytes(string.Join('\n', results.Select(r => $"{r.Subset} {r.SystemFingerprint}").Order()))));

    private static void WriteHeader(Utf8JsonWriter json, TranslationScores result, string fingerprint)
    {
        json.WriteNumber("xllora_items", ItemFile.Version);
        json.WriteString("task", Task);
        json.WriteString("task_name", result.TaskName);
        json.WriteString("split", result.Split);
        json.WriteString("subset", result.Subset);
        json.WriteString("model", result.System);
        json.WriteString("fingerprint", fingerprint);
        json.WriteString("data", result.DataFingerprint);
        foreach (var score in result.Scores)
            json.WriteNumber(score.Name, score.Value);
        json.WriteStartObject("signatures");
        foreach (var score in result.Scores)
            json.WriteString(score.Name, score.Signature);
        json.WriteEndObject();
    }
}
