using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>Writes a report as files of items, a folder for each system: these tasks are none of MTEB's.</summary>
internal static class PredictionFiles
{
    /// <returns>The folder of each system's revision.</returns>
    public static IReadOnlyList<string> Write(PredictionScoreReport report, string folder)
    {
        var written = new List<string>();
        foreach (var system in report.Results.GroupBy(r => r.System))
        {
            var fingerprint = Fingerprint([.. system]);
            var target = EvaluationFiles.FolderOf(system.Key, EmbeddingModelIdentity.RevisionOf(fingerprint), folder);
            Directory.CreateDirectory(target);
            foreach (var result in system)
            {
                var name = $"{result.TaskName}.{result.Split}.{result.Subset}.{result.Task.Word()}{EvaluationFiles.ItemsSuffix}";
                EvaluationFiles.WriteFile(Path.Combine(target, name), stream => EvaluationFiles.WriteLines(
                    stream, json => WriteHeader(json, result, fingerprint), result.Items));
            }
            EvaluationFiles.WriteFile(Path.Combine(target, ReportFile.Name), stream => ReportFile.Write(
                stream, report.Averages.Where(a => a.System == system.Key), system, fingerprint));
            written.Add(target);
        }
        return written;
    }

    /// <summary>Of all its predictions: the same ones in the same setting are the same revision.</summary>
    private static string Fingerprint(IReadOnlyList<PredictionScores> results) => results is [var one]
        ? one.SystemFingerprint
        : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', results
            .Select(r => $"{r.TaskName} {r.Split} {r.Subset} {r.SystemFingerprint}").Order(StringComparer.Ordinal)))));

    private static void WriteHeader(Utf8JsonWriter json, PredictionScores result, string fingerprint)
    {
        json.WriteNumber("xllora_items", ItemFile.Version);
        json.WriteString("task", result.Task.Word());
        json.WriteString("task_name", result.TaskName);
        json.WriteString("split", result.Split);
        json.WriteString("subset", result.Subset);
        json.WriteString("model", result.System);
        json.WriteString("setting", result.Setting.Word());
        json.WriteString("fingerprint", fingerprint);
        json.WriteString("data", result.DataFingerprint);
        WriteScores(json, result.Metrics);
    }

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
}
