using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>One run of a <see cref="PredictionJob"/>.</summary>
internal sealed class PredictionRun(PredictionJobOptions job, Predictor predictor, IProgress<PredictionProgress>? progress)
{
    private const int WindowRows = 256;

    private bool FusesSource => predictor.TakesSource && !job.WithoutSource;

    public async Task<PredictionReport> RunAsync(CancellationToken cancellationToken)
    {
        var output = Path.GetFullPath(job.Output);
        var format = TripletFormats.Of(output) ?? throw new ArgumentException(
            $"{job.Output}: predictions are written as .csv, .jsonl or .parquet; give the output one of these endings.");
        if (!Directory.Exists(Path.GetDirectoryName(output)))
            throw new DirectoryNotFoundException($"The folder of '{output}' does not exist. Make it first.");
        var set = await TaskExamples.LoadAsync(job.Input, job.Task, job.Rows, job.SourceInput, cancellationToken).ConfigureAwait(false);
        TaskExample[] rows = [.. set.Examples.Take(job.Limit ?? int.MaxValue)];
        if (rows.Length == 0)
            throw new InvalidDataException($"{job.Input} has no rows to predict{(set.Skipped.Count > 0 ? $"; {set.Skipped.Count} rows are "
                + $"none, such as {set.Skipped[0].Where}: {set.Skipped[0].Reason}" : "")}.");
        CheckSources(rows);
        using var log = new PredictionLog(output, Identity(rows));
        var (continued, started) = (log.Rows.Count, Stopwatch.GetTimestamp());
        while (log.Rows.Count < rows.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var window = rows.AsMemory(log.Rows.Count, Math.Min(WindowRows, rows.Length - log.Rows.Count)).ToArray();
            log.Append(await PredictAsync(window, cancellationToken).ConfigureAwait(false));
            progress?.Report(new PredictionProgress(
                log.Rows.Count, rows.Length, (log.Rows.Count - continued) / Stopwatch.GetElapsedTime(started).TotalSeconds));
        }
        Write(output, format, rows, log.Rows);
        log.Delete();
        return new PredictionReport(output, rows.Length, continued, log.Rows.Count(r => r.IsTruncated),
            log.Rows.Count(r => r.Source is not null), set.Skipped);
    }

    private void CheckSources(TaskExample[] rows)
    {
        if (!FusesSource)
        {
            if (job.Translator is not null)
                throw new ArgumentException("A translator is given, and the model reads a text alone. Leave the translator out.");
            return;
        }
        var without = rows.Where(r => r.SourceTexts is null).ToArray();
        if (without.Length > 0 && job.Translator is null)
            throw new InvalidDataException($"{without.Length} rows have no text in the source language, which the adapter reads together "
                + $"with theirs; the first is {without[0].Where}. Give columns with it (FIELD_translated), a file of the same rows, or a "
                + "translation model (--translate M); or say that there is none (--without-source).");
        if (without.Length > 0 && job.TextLanguage is null)
            throw new ArgumentException("Rows are to be translated: say which language they are in (--text-language), such as hau_Latn.");
    }

    private async Task<IEnumerable<LoggedRow>> PredictAsync(TaskExample[] window, CancellationToken cancellationToken)
    {
        var translated = FusesSource ? await TranslateAsync(window, cancellationToken).ConfigureAwait(false) : [];
        PredictedRow[] rows = [.. window.Select((row, i) => new PredictedRow(Of(row.Texts),
            FusesSource ? Of(row.SourceTexts ?? translated[i]) : null))];
        var predictions = await predictor.PredictAsync(rows, cancellationToken).ConfigureAwait(false);
        return predictions.Select((p, i) => new LoggedRow(p.Texts, translated.GetValueOrDefault(i), p.IsTruncated));

        static TaskText Of(IReadOnlyList<string> texts) => new(texts[0], texts.ElementAtOrDefault(1));
    }

    /// <summary>The texts of rows that have none in the source language, by their place in the window.</summary>
    private async Task<Dictionary<int, string[]>> TranslateAsync(TaskExample[] window, CancellationToken cancellationToken)
    {
        var fields = job.Task.Fields().Count;
        int[] asked = [.. Enumerable.Range(0, window.Length).Where(i => window[i].SourceTexts is null)];
        if (asked.Length == 0)
            return [];
        var requests = asked.SelectMany(i => Enumerable.Range(0, fields).Select(f => new TranslationRequest
        {
            RowId = (long)i * fields + f,
            Text = window[i].Texts[f],
            SourceLanguage = job.TextLanguage!,
            TargetLanguage = job.SourceLanguage,
        }));
        var texts = asked.ToDictionary(i => i, _ => new string[fields]);
        await foreach (var result in job.Translator!.TranslateAsync(requests, cancellationToken).ConfigureAwait(false))
        {
            var (row, field) = ((int)(result.RowId / fields), (int)(result.RowId % fields));
            if (result.FinishReason == FinishReason.Rejected)
                throw new InvalidDataException($"{window[row].Where}: its {job.Task.Fields()[field]} cannot be translated: {result.Error}");
            texts[row][field] = result.Text;
        }
        return texts;
    }

    private void Write(string output, TripletFormat format, TaskExample[] rows, IReadOnlyList<LoggedRow> done)
    {
        var (fields, translates) = (job.Task.Fields(), done.Any(r => r.Source is not null));
        var hasLanguage = rows.Any(r => r.Language is not null);
        var hasGold = rows.Any(r => r.Label is not null || r.Answers.Count > 0);
        var isAnswered = job.Task == TextTask.TyDiQa;
        string[] columns =
        [
            "id", .. hasLanguage ? ["language"] : Array.Empty<string>(), .. fields,
            .. translates ? fields.Select(f => f + "_translated") : [],
            .. hasGold ? [isAnswered ? AnswerCells.Column : "label"] : Array.Empty<string>(), .. predictor.Columns,
        ];
        using var table = new TripletFile(output, format, columns, isAnswered ? [AnswerCells.Column] : []);
        foreach (var (row, result) in rows.Zip(done))
        {
            var gold = isAnswered ? AnswerCells.Of(row.Texts[1], row.Answers) : row.Label is { } label ? job.Task.Labels()[label] : "";
            table.Write([
                row.Id, .. hasLanguage ? [row.Language ?? ""] : Array.Empty<string>(), .. row.Texts,
                .. translates ? result.Source ?? row.SourceTexts! : [], .. hasGold ? [gold] : Array.Empty<string>(), .. result.Texts,
            ]);
        }
        table.Close();
        table.File.Publish();
    }

    /// <summary>Everything that predictions depend on.</summary>
    private string Identity(TaskExample[] rows)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (var row in rows)
            hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(new { row.Id, row.Texts, row.SourceTexts }));
        return string.Join(" | ", job.Task.Word(), predictor.Model, rows.Length.ToString(CultureInfo.InvariantCulture),
            Convert.ToHexStringLower(hash.GetHashAndReset()), job.Adapter ?? "", job.WithoutSource, job.TextLanguage ?? "",
            job.SourceLanguage, (job.Translator as Translator)?.ModelName ?? "");
    }
}
