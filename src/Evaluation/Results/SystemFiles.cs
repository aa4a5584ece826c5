using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>Writes results as files of items, a folder for each system, of tasks that are none of MTEB's.</summary>
internal static class SystemFiles
{
    /// <param name="writeReport">Is given the system and its fingerprint.</param>
    /// <returns>The folder of each system's revision.</returns>
    public static IReadOnlyList<string> Write(
        IEnumerable<SystemResult> results, string folder, Action<Stream, string, string> writeReport)
    {
        var written = new List<string>();
        foreach (var system in results.GroupBy(r => r.System))
        {
            var fingerprint = Fingerprint([.. system]);
            var target = EvaluationFiles.FolderOf(system.Key, EmbeddingModelIdentity.RevisionOf(fingerprint), folder);
            Directory.CreateDirectory(target);
            foreach (var result in system)
            {
                var name = $"{result.TaskName}.{result.Split}.{result.Subset}.{result.Task}{EvaluationFiles.ItemsSuffix}";
                EvaluationFiles.WriteFile(Path.Combine(target, name), stream => EvaluationFiles.WriteLines(
                    stream, json => WriteHeader(json, result, fingerprint), result.Items));
            }
            EvaluationFiles.WriteFile(
                Path.Combine(target, ReportFile.Name), stream => writeReport(stream, system.Key, fingerprint));
            written.Add(target);
        }
        return written;
    }

    /// <summary>Of all that a system said: the same is the same revision.</summary>
    private static string Fingerprint(IReadOnlyList<SystemResult> results) => results is [var one]
        ? one.SystemFingerprint
        : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', results
            .Select(r => $"{r.Place} {r.SystemFingerprint}").Order(StringComparer.Ordinal)))));

    private static void WriteHeader(Utf8JsonWriter json, SystemResult result, string fingerprint)
    {
        json.WriteNumber("xllora_items", ItemFile.Version);
        json.WriteString("task", result.Task);
        json.WriteString("task_name", result.TaskName);
        json.WriteString("split", result.Split);
        json.WriteString("subset", result.Subset);
        json.WriteString("model", result.System);
        if (result.Setting is { } setting)
            json.WriteString("setting", setting);
        json.WriteString("fingerprint", fingerprint);
        json.WriteString("data", result.DataFingerprint);
        result.WriteScores(json);
    }
}

/// <summary>What a system scored on one data set, as it is filed.</summary>
internal sealed record SystemResult
{
    public required string System { get; init; }

    public required string SystemFingerprint { get; init; }

    /// <summary>The data set among those that a system was measured on.</summary>
    public required string Place { get; init; }

    /// <summary>As the name of the file ends.</summary>
    public required string Task { get; init; }

    public required string TaskName { get; init; }

    public required string Split { get; init; }

    public required string Subset { get; init; }

    /// <summary>What the system read; null where that is no question.</summary>
    public string? Setting { get; init; }

    public required string DataFingerprint { get; init; }

    /// <summary>Behind the rest of the header.</summary>
    public required Action<Utf8JsonWriter> WriteScores { get; init; }

    public required ItemScores Items { get; init; }
}
