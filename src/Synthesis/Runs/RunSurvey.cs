using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>What is known of a run's input before its first row.</summary>
/// <param name="Unusable">Anchors that cannot be sent to any model, as <see cref="AnchorCheck"/> says.</param>
/// <param name="TooLong">Others whose prompt is too long for this one.</param>
/// <param name="WithLineEnds">Anchors with a line end in them.</param>
/// <param name="Languages">Anchors by language, in the order in which they come; empty where rows have none.</param>
internal sealed record RunSurvey(
    RunInput Input, long Unusable, long TooLong, long WithLineEnds, IReadOnlyDictionary<string, long> Languages)
{
    /// <summary>Reads everything once: a mistake in the last row of a long file should not cost a night.</summary>
    /// <exception cref="ArgumentException">A row has a language that the strategy does not serve.</exception>
    /// <exception cref="InvalidDataException">The file is malformed, or holds no anchors.</exception>
    public static async Task<RunSurvey> TakeAsync(
        RunInputs inputs, PromptLengths lengths, ISynthesisStrategy strategy, CancellationToken cancellationToken)
    {
        var (rows, unusable, tooLong, withLineEnds) = (0L, 0L, 0L, 0L);
        var occurrences = new AnchorOccurrences();
        OrderedDictionary<string, long> languages = new(StringComparer.Ordinal);
        var reading = inputs.Open(hashes: true);
        await using (reading.ConfigureAwait(false))
        {
            await foreach (var (text, language) in reading.RowsAsync(cancellationToken).ConfigureAwait(false))
            {
                if (language is not null)
                {
                    if (!languages.ContainsKey(language))
                        Check(strategy, language, string.Create(CultureInfo.InvariantCulture, $"{inputs.Path}, row {rows} (from 0)"));
                    languages[language] = languages.GetValueOrDefault(language) + 1;
                }
                rows++;
                if (text.AsSpan().ContainsAny('\n', '\r'))
                    withLineEnds++;
                var occurrence = occurrences.Count(text, language);
                if (AnchorCheck.Refuse(text) is not null)
                    unusable++;
                else if (lengths.IsTooLong(text, occurrence, language))
                    tooLong++;
            }
            var sha256 = await reading.Sha256Async(cancellationToken).ConfigureAwait(false);
            return new RunSurvey(new RunInput(inputs.Path, reading.Bytes, sha256, rows, occurrences.Distinct), unusable, tooLong,
                withLineEnds, languages);
        }
    }

    /// <param name="where">For the message.</param>
    public static void Check(ISynthesisStrategy strategy, string language, string where)
    {
        if (strategy.Languages is { } known && !known.Contains(language))
            throw new ArgumentException($"{where}: there are no adapters for the language \"{language}\"; there are for: "
                + $"{string.Join(", ", known.Order(StringComparer.Ordinal))}.");
    }
}
