namespace XlLoraOnnx.Synthesis;

/// <summary>Rows as an earlier process left them.</summary>
internal static class RowRestoring
{
    /// <summary>Puts an unfinished row into the state that the answers of the run say it is in.</summary>
    public static async ValueTask RestoreAsync(this RunAnswers answers, RowWork row, CancellationToken cancellationToken)
    {
        foreach (var side in TripletColumns.Sides)
        {
            if (row[side] is not { } sentence || answers.Find(row.Key, row.Sample, side) is not { } place)
                continue;
            if (place.Status == SentenceStatus.Open)
            {
                sentence.Reopen(place.Attempt);
                continue;
            }
            var answer = await answers.ReadAsync(place, cancellationToken).ConfigureAwait(false);
            var context = await answers.ContextAsync(place, answer.Context, cancellationToken).ConfigureAwait(false);
            var rejected = answer.Reason is { } reason ? new Rejection(reason, answer.Detail ?? "", side) : null;
            // which rules repaired it is of no further interest
            row.Restore(side, place.Attempt, Generated(answer, context), new AnswerVerdict(answer.Text, [], rejected));
        }
    }

    private static GenerationResult Generated(in JournalAnswer answer, IReadOnlyDictionary<string, string> context) => new()
    {
        RowId = answer.Key.RequestId(answer.Side, answer.Sample),
        Adapter = RunIdentity.AdapterOf(context),
        Text = answer.RawText ?? answer.Text,
        PromptTokenCount = answer.PromptTokens,
        TokenCount = answer.Tokens,
        FinishReason = answer.Finish,
    };
}
