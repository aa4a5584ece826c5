namespace XlLoraOnnx.Synthesis;

/// <summary>Every answer into the log at once; what is settled is counted.</summary>
internal sealed class AnswerLogSink : IAnswerSink
{
    private readonly RunAnswers _answers;
    private readonly RunCounters _counters;
    private readonly Dictionary<(SynthesisSide Side, string Adapter), int> _contexts = [];
    private readonly Func<long, ShardProgress> _shardOf;

    /// <param name="shardOf">Of a row by its index.</param>
    public AnswerLogSink(
        RunAnswers answers, RunSource source, SynthesisOptions options, RunCounters counters, Func<long, ShardProgress> shardOf)
    {
        (_answers, _counters, _shardOf) = (answers, counters, shardOf);
        foreach (var side in options.Sides)
        {
            foreach (var adapter in options.Adapters(side))
                _contexts.Add((side, adapter ?? ""), answers.AddContext(RunIdentity.Context(source, options, side, adapter)));
        }
    }

    public void Answered(RowWork row, IReadOnlyList<SettledAnswer> answers)
    {
        foreach (var answer in answers)
        {
            var (verdict, generated) = (answer.Verdict, answer.Generated);
            _answers.Append(new JournalAnswer
            {
                Key = row.Key,
                Side = answer.Side,
                Sample = row.Sample,
                Attempt = answer.Attempt,
                Context = ContextOf(answer.Side, generated.Adapter),
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

    public ValueTask PauseAsync() => _answers.FlushAsync();

    public ValueTask SettledAsync(RowWork row)
    {
        _counters.Settled(row);
        return _shardOf(row.Row).EndAsync();
    }

    private int ContextOf(SynthesisSide side, string? adapter) => _contexts.TryGetValue((side, adapter ?? ""), out var context) ? context
        : throw new InvalidOperationException($"A {TripletColumns.Of(side)} was made with {(adapter is null ? "no adapter" : $"the adapter "
            + $"\"{adapter}\"")}, which the strategy does not name among those of this side; its Adapters must have all that Adapter "
            + "chooses.");
}
