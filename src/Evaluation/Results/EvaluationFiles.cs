using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>Writes a report as the mteb package keeps results: <c>ORG__MODEL/REVISION/TASK.json</c>, and what each pair or query
/// scored.</summary>
/// <remarks>
/// Field names, six decimals and two spaces as in mteb's <c>TaskResult.to_disk</c>. <c>mteb_version</c> is null, because mteb did not
/// measure. Alignment is no MTEB task and has only a file of items. Those end in <c>.items.jsonl</c>: a header line, then one line an item.
/// </remarks>
internal static class EvaluationFiles
{
    public const string ItemsSuffix = ".items.jsonl";
    private const string Organisation = "local";
    private static readonly JsonWriterOptions Indented = new() { Indented = true, IndentSize = 2, NewLine = "\n" };
    private static readonly JsonWriterOptions OneLine = new() { Indented = false };

    /// <returns>The folder of the model's revision.</returns>
    public static string Write(EvaluationReport report, string folder)
    {
        var model = FolderName(report.ModelName);
        var target = FolderOf(report.ModelName, report.Revision, folder);
        Directory.CreateDirectory(target);
        WriteFile(Path.Combine(target, "model_meta.json"), stream => WriteModel(stream, report, model));
        foreach (var task in report.Results.Where(r => r.Task != EvaluationTask.Alignment).GroupBy(r => r.TaskName))
            WriteFile(Path.Combine(target, $"{task.Key}.json"), stream => WriteTask(stream, [.. task]));
        foreach (var result in report.Results)
        {
            var name = $"{result.TaskName}.{result.Split}.{result.Subset}.{TaskWord(result.Task)}{ItemsSuffix}";
            WriteFile(Path.Combine(target, name), stream => WriteItems(stream, report, result));
        }
        WriteFile(Path.Combine(target, ReportFile.Name), stream => ReportFile.Write(stream, report));
        return target;
    }

    /// <summary><c>ORG__MODEL/REVISION</c></summary>
    public static string FolderOf(string model, string revision, string folder) =>
        Path.Combine(folder, FolderName(model).Replace("/", "__", StringComparison.Ordinal), revision);

    public static string TaskWord(EvaluationTask task) => task switch
    {
        EvaluationTask.Sts => "sts",
        EvaluationTask.Retrieval => "retrieval",
        EvaluationTask.Alignment => "alignment",
        EvaluationTask.Translation => "translation",
        EvaluationTask.Xnli => TextTask.Xnli.Word(),
        EvaluationTask.NusaX => TextTask.NusaX.Word(),
        EvaluationTask.TyDiQa => TextTask.TyDiQa.Word(),
        _ => throw new ArgumentOutOfRangeException(nameof(task), task, $"{task} is no single task."),
    };

    /// <summary>Whole or not at all: written beside its name and renamed.</summary>
    public static void WriteFile(string path, Action<Stream> write)
    {
        var partial = path + ".partial";
        using (var stream = File.Create(partial))
            write(stream);
        File.Move(partial, path, overwrite: true);
    }

    /// <summary>A header, and a line for each item.</summary>
    public static void WriteLines(Stream stream, Action<Utf8JsonWriter> header, ItemScores items)
    {
        using (var json = new Utf8JsonWriter(stream, OneLine))
        {
            json.WriteStartObject();
            header(json);
            json.WriteEndObject();
        }
        for (int item = 0; item < items.Ids.Count; item++)
        {
            stream.WriteByte((byte)'\n');
            using var json = new Utf8JsonWriter(stream, OneLine);
            json.WriteStartObject();
            json.WriteString("id", items.Ids[item]);
            for (int column = 0; column < items.Columns.Count; column++)
                json.WriteNumber(items.Columns[column], items.Values[column][item]);
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
    }

    /// <summary>mteb wants organisation/model, and takes the folder's name apart again at the two underscores.</summary>
    private static string FolderName(string model)
    {
        var parts = model.Split('/', StringSplitOptions.RemoveEmptyEntries)
            .Select(p => string.Concat(p.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' ? c : '_')))
            .Where(p => p.Trim('.').Length > 0).ToList();
        return parts.Count switch
        {
            0 => $"{Organisation}/model",
            1 => $"{Organisation}/{parts[0]}",
            _ => $"{parts[^2]}/{parts[^1]}",
        };
    }

    // The fields that mteb's ModelMeta must have, and no other: it refuses those that it does not know.
    private static void WriteModel(Stream stream, EvaluationReport report, string model)
    {
        using var json = new Utf8JsonWriter(stream, Indented);
        json.WriteStartObject();
        json.WriteString("name", model);
        json.WriteString("revision", report.Revision);
        json.WriteNull("release_date");
        json.WriteNull("languages");
        json.WriteNull("n_parameters");
        json.WriteNull("memory_usage_mb");
        json.WriteNull("max_tokens");
        json.WriteNumber("embed_dim", report.Dimension);
        json.WriteNull("license");
        json.WriteNull("open_weights");
        json.WriteNull("public_training_code");
        json.WriteNull("public_training_data");
        json.WriteStartArray("framework");
        json.WriteStringValue("ONNX");
        json.WriteEndArray();
        json.WriteString("similarity_fn_name", "cosine");
        json.WriteNull("use_instructions");
        json.WriteNull("training_datasets");
        json.WriteNull("loader");
        json.WriteEndObject();
    }

    private static void WriteTask(Stream stream, IReadOnlyList<EvaluationResult> results)
    {
        using var json = new Utf8JsonWriter(stream, Indented);
        json.WriteStartObject();
        json.WriteString("dataset_revision", string.Join(' ', results.Select(r => r.DataFingerprint).Distinct()));
        json.WriteString("task_name", results[0].TaskName);
        json.WriteNull("mteb_version");
        json.WriteStartObject("scores");
        foreach (var split in results.GroupBy(r => r.Split))
        {
            json.WriteStartArray(split.Key);
            foreach (var result in split)
                WriteScores(json, result);
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteNumber("evaluation_time", Rounded(results.Sum(r => r.Elapsed.TotalSeconds)));
        json.WriteNull("kg_co2_emissions");
        json.WriteNumber("date", Rounded(Seconds(results[0].Started)));
        json.WriteStartArray("evaluation_phases");
        foreach (var result in results)
            WritePhase(json, result);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteScores(Utf8JsonWriter json, EvaluationResult result)
    {
        json.WriteStartObject();
        foreach (var metric in result.Metrics)
            json.WriteNumber(metric.Name, Rounded(metric.Value));
        if (result.Task == EvaluationTask.Retrieval)
            json.WriteNumber("accuracy", Rounded(result["recall_at_1"].Value));
        json.WriteNumber("main_score", Rounded(result.MainScore));
        json.WriteString("hf_subset", result.Subset);
        json.WriteStartArray("languages");
        foreach (var language in result.Languages)
            json.WriteStringValue(language);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePhase(Utf8JsonWriter json, EvaluationResult result)
    {
        json.WriteStartObject();
        json.WriteString("name", "Embedding and scoring");
        json.WriteNumber("start", Rounded(Seconds(result.Started)));
        json.WriteNumber("end", Rounded(Seconds(result.Started + result.Elapsed)));
        json.WriteString("split", result.Split);
        json.WriteString("subset", result.Subset);
        json.WriteEndObject();
    }

    private static void WriteItems(Stream stream, EvaluationReport report, EvaluationResult result) => WriteLines(
        stream,
        json =>
        {
            json.WriteNumber("xllora_items", ItemFile.Version);
            json.WriteString("task", TaskWord(result.Task));
            json.WriteString("task_name", result.TaskName);
            json.WriteString("split", result.Split);
            json.WriteString("subset", result.Subset);
            json.WriteString("model", report.ModelName);
            json.WriteString("fingerprint", report.Fingerprint);
            json.WriteString("data", result.DataFingerprint);
            ReportFile.WritePrompts(json, result);
            foreach (var metric in result.Metrics)
                json.WriteNumber(metric.Name, metric.Value);
        },
        result.ItemScores);

    private static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalSeconds;

    // As Python's round: of the exact binary value, which formatting looks at and Math.Round does not.
    private static double Rounded(double value) => double.Parse(
        value.ToString("F6", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);
}
