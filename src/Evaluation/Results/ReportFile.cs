using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>What happened to each file that was given, as JSON lines: measured, left out, or unreadable.</summary>
/// <remarks>Not called <c>.json</c>: mteb takes every such file in the folder for the result of a task.</remarks>
internal static class ReportFile
{
    public const string Name = "evaluation.jsonl";
    private const int Version = 1;

    public static void Write(Stream stream, EvaluationReport report)
    {
        WriteLine(stream, json =>
        {
            json.WriteNumber("xllora_evaluation", Version);
            json.WriteString("model", report.ModelName);
            json.WriteString("fingerprint", report.Fingerprint);
            json.WriteNumber("dimension", report.Dimension);
        });
        foreach (var result in report.Results)
            WriteLine(stream, json => WriteResult(json, result));
        WriteUnreadable(stream, report.Unreadable);
        WriteReasons(stream, "left_out", report.Skipped);
        WriteReasons(stream, "notice", report.Notices);
    }

    /// <param name="results">Those of one system.</param>
    public static void Write(Stream stream, TranslationReport report, IEnumerable<TranslationScores> results, string fingerprint)
    {
        WriteLine(stream, json =>
        {
            json.WriteNumber("xllora_evaluation", Version);
            json.WriteString("model", results.First().System);
            json.WriteString("fingerprint", fingerprint);
        });
        foreach (var result in results)
            WriteLine(stream, json => WriteResult(json, result));
        WriteUnreadable(stream, report.Unreadable);
        WriteReasons(stream, "left_out", report.Skipped);
    }

    /// <param name="averages">Of the system.</param>
    /// <param name="results">Those of one system.</param>
    public static void Write(
        Stream stream, IEnumerable<PredictionAverage> averages, IEnumerable<PredictionScores> results, string fingerprint)
    {
        WriteLine(stream, json =>
        {
            json.WriteNumber("xllora_evaluation", Version);
            json.WriteString("model", results.First().System);
            json.WriteString("setting", results.First().Setting.Word());
            json.WriteString("fingerprint", fingerprint);
        });
        foreach (var result in results)
            WriteLine(stream, json => WriteResult(json, result));
        foreach (var average in averages)
        {
            WriteLine(stream, json =>
            {
                json.WriteString("status", "average");
                json.WriteString("task_name", average.TaskName);
                json.WriteString("split", average.Split);
                json.WriteStartArray("subsets");
                foreach (var subset in average.Subsets)
                    json.WriteStringValue(subset);
                json.WriteEndArray();
                PredictionFiles.WriteScores(json, average.Metrics);
            });
        }
    }

    private static void WriteUnreadable(Stream stream, IReadOnlyList<UnreadableData> unreadable)
    {
        foreach (var data in unreadable)
        {
            WriteLine(stream, json =>
            {
                json.WriteString("status", "unreadable");
                json.WriteString("source", data.Path);
                json.WriteString("reason", data.Reason);
            });
        }
    }

    private static void WriteReasons(Stream stream, string status, IReadOnlyList<string> reasons)
    {
        foreach (var reason in reasons)
        {
            WriteLine(stream, json =>
            {
                json.WriteString("status", status);
                json.WriteString("reason", reason);
            });
        }
    }

    private static void WriteResult(Utf8JsonWriter json, EvaluationResult result)
    {
        json.WriteString("status", "measured");
        json.WriteString("source", result.Source);
        json.WriteString("task", EvaluationFiles.TaskWord(result.Task));
        json.WriteString("task_name", result.TaskName);
        json.WriteString("split", result.Split);
        json.WriteString("subset", result.Subset);
        json.WriteString("layout", result.Layout);
        json.WriteString("data", result.DataFingerprint);
        json.WriteNumber(result.MainMetric, result.MainScore);
        WritePrompts(json, result);
        WriteFindings(json, result.Findings);
    }

    private static void WriteResult(Utf8JsonWriter json, TranslationScores result)
    {
        json.WriteString("status", "measured");
        json.WriteString("source", result.Source);
        json.WriteString("task", EvaluationFiles.TaskWord(EvaluationTask.Translation));
        json.WriteString("task_name", result.TaskName);
        json.WriteString("split", result.Split);
        json.WriteString("subset", result.Subset);
        json.WriteString("data", result.DataFingerprint);
        foreach (var score in result.Scores)
            json.WriteNumber(score.Name, score.Value);
        WriteFindings(json, result.Findings);
    }

    private static void WriteResult(Utf8JsonWriter json, PredictionScores result)
    {
        json.WriteString("status", "measured");
        json.WriteString("source", result.Source);
        json.WriteString("task", result.Task.Word());
        json.WriteString("task_name", result.TaskName);
        json.WriteString("split", result.Split);
        json.WriteString("subset", result.Subset);
        json.WriteString("data", result.DataFingerprint);
        json.WriteNumber("examples", result.Examples);
        PredictionFiles.WriteScores(json, result.Metrics);
        WriteFindings(json, result.Findings);
    }

    private static void WriteFindings(Utf8JsonWriter json, IReadOnlyList<string> findings)
    {
        json.WriteStartArray("findings");
        foreach (var finding in findings)
            json.WriteStringValue(finding);
        json.WriteEndArray();
    }

    public static void WritePrompts(Utf8JsonWriter json, EvaluationResult result)
    {
        json.WriteStartArray("prompts");
        foreach (var prompt in result.Prompts)
        {
            json.WriteStartObject();
            json.WriteString("texts", prompt.Texts);
            json.WriteString("prompt", prompt.Prompt);
            json.WriteString("name", prompt.Name);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteLine(Stream stream, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
    }
}
