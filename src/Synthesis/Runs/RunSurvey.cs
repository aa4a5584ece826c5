namespace XlLoraOnnx.Synthesis;

/// <summary>What is known of a run's input before its first row.</summary>
/// <param name="Unusable">Anchors that cannot be sent to any model, as <see cref="AnchorCheck"/> says.</param>
/// <param name="TooLong">Others whose prompt is too long for this one.</param>
/// <param name="WithLineEnds">Anchors with a line end in them.</param>
internal sealed record RunSurvey(RunInput Input, long Unusable, long TooLong, long WithLineEnds)
{
    /// <summary>Reads everything once: a mistake in the last row of a long file should not cost a night.</summary>
    /// <exception cref="InvalidDataException">The file is malformed, or holds no anchors.</exception>
    public static async Task<RunSurvey> TakeAsync(RunInputs inputs, PromptLengths lengths, CancellationToken cancellationToken)
    {
        var (rows, unusable, tooLong, withLineEnds) = (0L, 0L, 0L, 0L);
        var occurrences = new AnchorOccurrences();
        var reading = inputs.Open(hashes: true);
        await using (reading.ConfigureAwait(false))
        {
            await foreach (var text in reading.TextsAsync(cancellationToken).ConfigureAwait(false))
            {
                rows++;
                if (text.AsSpan().ContainsAny('\n', '\r'))
                    withLineEnds++;
                var occurrence = occurrences.Count(text);
                if (AnchorCheck.Refuse(text) is not null)
                    unusable++;
                else if (lengths.IsTooLong(text, occurrence))
                    tooLong++;
            }
            var sha256 = await reading.Sha256Async(cancellationToken).ConfigureAwait(false);
            return new RunSurvey(
                new RunInput(inputs.Path, reading.Bytes, sha256, rows, occurrences.Distinct), unusable, tooLong, withLineEnds);
        }
    }
}
