using System.Globalization;
using System.Text.Json;

namespace XlLoraOnnx.Cli;

/// <summary>
/// <c>demo --translate</c>: the demonstration's base, which was trained to say in English what a sentence says, from nine languages at
/// once, measured against the sentences of the closed world.
/// </summary>
internal static class TranslationDemo
{
    private const string Target = "en";

    /// <summary>As <c>evaluate --task translation</c> reads them.</summary>
    private sealed record Row(string SourceLanguage, string TargetLanguage, string Source, string Hypothesis, string Reference);

    public static async Task<int> RunAsync(string folder, long? limit, CancellationToken cancellationToken)
    {
        var sentences = await ReadWorldAsync(limit, cancellationToken).ConfigureAwait(false);
        DemoCommand.Headline("1 of 2", $"translate: {Quantities.Count(sentences.Count)} sentences of nine languages into English, in one batch");
        var translations = await TranslateAsync(sentences, cancellationToken).ConfigureAwait(false);
        var file = Path.Combine(folder, "translations.jsonl");
        await File.WriteAllLinesAsync(file, translations.Select(JsonOutput.Line), cancellationToken).ConfigureAwait(false);

        DemoCommand.Headline("2 of 2", "evaluate: beside the sentences of the world that they came from");
        var report = await TranslationEvaluator.EvaluateAsync([file], cancellationToken: cancellationToken).ConfigureAwait(false);
        TranslationScoresView.Write(report, TranslationEvaluator.Write(report, Path.Combine(folder, "results")));
        var right = translations.Count(row => row.Hypothesis == row.Reference);
        Console.Out.WriteLine($"{Quantities.Count(right)} of {Quantities.Count(translations.Length)} are the world's own sentence "
            + $"({Quantities.Percent((double)right / translations.Length)}); all of them are in {file}");
        return ExitCodes.Succeeded;
    }

    private static async Task<Row[]> TranslateAsync(IReadOnlyList<Row> sentences, CancellationToken cancellationToken)
    {
        using var model = XlLoraModel.Load(DemoMaterial.ExportedModel(cancellationToken));
        var translator = new Translator(model, TranslationPairs.Read(DemoMaterial.Pairs));
        var requests = sentences.Select((row, i) => new TranslationRequest
        {
            RowId = i,
            Text = row.Source,
            SourceLanguage = row.SourceLanguage,
            TargetLanguage = row.TargetLanguage,
        });
        var rows = sentences.ToArray();
        await foreach (var result in translator.TranslateAsync(requests, cancellationToken).ConfigureAwait(false))
        {
            if (result.Error is { } error)
                throw new InvalidOperationException($"Sentence {result.RowId} of the demonstration was not translated: {error}");
            rows[result.RowId] = rows[result.RowId] with { Hypothesis = result.Text };
        }
        var statistics = model.Statistics;
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{statistics.GeneratedTokens:N0} tokens in {statistics.GenerationTime.TotalSeconds:0.0} s, "
            + $"{statistics.TokensPerSecond:N0} tokens/s"));
        return rows;
    }

    private static async Task<IReadOnlyList<Row>> ReadWorldAsync(long? limit, CancellationToken cancellationToken)
    {
        var rows = new List<Row>();
        var file = await DataFile.OpenAsync(DemoMaterial.Truth, cancellationToken).ConfigureAwait(false);
        await using var _ = file.ConfigureAwait(false);
        await foreach (var line in StrictUtf8.ReadLinesAsync(file.Source, cancellationToken).ConfigureAwait(false))
        {
            using var sentence = JsonDocument.Parse(line);
            string Field(string name) => sentence.RootElement.GetProperty(name).GetString()!;
            if (Field("language") is not Target and var language)
                rows.Add(new Row(language, Target, Field("sent0"), "", Field("english")));
        }
        // of every language something, however few
        return limit is not { } most ? rows
            : [.. rows.GroupBy(r => r.SourceLanguage).SelectMany(g => g.Take((int)Math.Min(most, int.MaxValue)))];
    }
}
