namespace XlLoraOnnx.Runtime;

/// <param name="Error">Why there is no token; null if there is one.</param>
/// <param name="LogProbabilities">Null where the row does not ask for them.</param>
internal readonly record struct StepChoice(int Token, string? Error, TokenLogProbabilities? LogProbabilities = null);

/// <summary>The next token of every row of a step, on all cores.</summary>
/// <param name="beams">Rows of each slot.</param>
internal sealed class StepSampler(IDecoderDevice device, int beams)
{
    private readonly TokenSampler[] _samplers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new TokenSampler())];
    private readonly LogProbabilityReader[] _readers =
        [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new LogProbabilityReader())];

    private StepChoice[] _chosen = [];

    /// <param name="rows">In the order of the step's logits.</param>
    public void Choose(IReadOnlyList<ReadyRow> rows)
    {
        if (_chosen.Length < rows.Count)
            _chosen = new StepChoice[rows.Count];
        var workers = Math.Min(_samplers.Length, rows.Count);
        if (workers == 1)
            ChooseFrom(0, 1, rows);
        else
            Parallel.For(0, workers, first => ChooseFrom(first, workers, rows));
    }

    public StepChoice Chosen(int row) => _chosen[row];

    /// <summary>Of one row, after what it has chosen so far.</summary>
    /// <param name="index">Of its logits among those of the last call.</param>
    public StepChoice Choose(ContinuousRow row, int index) => Choose(_samplers[0], _readers[0], index, row);

    private void ChooseFrom(int first, int step, IReadOnlyList<ReadyRow> rows)
    {
        for (var i = first; i < rows.Count; i += step)
            _chosen[i] = Choose(_samplers[first], _readers[first], i, rows[i].Taken);
    }

    private StepChoice Choose(TokenSampler sampler, LogProbabilityReader reader, int index, ContinuousRow row)
    {
        try
        {
            if (row.Search is { } search)
            {
                search.Advance(beam => device.Logits(index * beams + beam));
                return default;
            }
            var sampling = row.Request.Sampling;
            var told = row.Request.LogProbabilities;
            // no need to see what the device has looked through already
            if (told is null && sampling is { DoSample: false, RepetitionPenalty: 1 } && device.Greedy(index) is { } best)
                return new StepChoice(best, null);
            var logits = device.Logits(index);
            if (told is { } top)
                reader.Read(logits, top);
            var token = sampler.Choose(logits, sampling, row.Prompt, row.Running.TokenSpan, row.Random);
            return new StepChoice(token, null, told is null ? null : reader.Of(token));
        }
        catch (InvalidDataException e)
        {
            return new StepChoice(0, e.Message);
        }
    }
}
