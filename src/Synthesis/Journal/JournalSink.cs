namespace XlLoraOnnx.Synthesis;

/// <summary>Every answer into the journal at once; what is settled is counted.</summary>
internal sealed class JournalSink : IAnswerSink
{
    private readonly RunJournals _journals;
    private readonly RunCounters _counters;
    private readonly Dictionary<SynthesisSide, int> _contexts;
    private readonly Func<long, ShardProgress> _shardOf;

    /// <param name="shardOf">Of a row by its index.</param>
    public JournalSink(
        RunJournals journals, RunSource source, SynthesisOptions options, RunCounters counters, Func<long, ShardProgress> shardOf)
    {
        (_journals, _counters, _shardOf) = (journals, counters, shardOf);
        _contexts = options.Sides.ToDictionary(s => s, s => journals.AddContext(RunIdentity.Context(source, options, s)));
    }

    public void Answered(RowWork row, IReadOnlyList<SettledAnswer> answers)
    {
        foreach (var answer in answers)
        {
            var (verdict, generated) = (answer.Verdict, answer.Generated);
            _journals.Append(new JournalAnswer
            {
                Key = row.Key,
                Side = answer.Side,
                Sample = row.Sample,
                Attempt = answer.Attempt,
                Context = _contexts[answer.Side],
                Finish = generated.FinishReason,
                Text = verdict.Text,
                RawText = verdict.Repairs.Count > 0 ? generated.Text : null,
                Repairs = verdict.Repairs.Count == 0 ? [] : [.. verdict.Repairs.Select(AnswerRepairs.Name)],
                Reason = verdict.Rejected?.Reason,
                Detail = verdict.Rejected?.Detail,
                PromptTokens = generated.PromptTokenCount,
                Tokens = generated.TokenCount,
                Milliseconds = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
            });
        }
        _counters.Answered(answers);
    }

    public void Pause() => _journals.Flush();

    public ValueTask SettledAsync(RowWork row)
    {
        _counters.Settled(row);
        _shardOf(row.Row).End();
        return default;
    }
}
