namespace XlLoraOnnx.Runtime;

/// <param name="Error">Why there is no token; null if there is one.</param>
internal readonly record struct StepChoice(int Token, string? Error);

/// <summary>The next token of every row of a step, on all cores.</summary>
/// <param name="beams">Rows of each slot.</param>
internal sealed class StepSampler(IDecoderDevice device, int beams)
{
    private readonly TokenSampler[] _samplers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new TokenSampler())];
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

    private void ChooseFrom(int first, int step, IReadOnlyList<ReadyRow> rows)
    {
        for (var i = first; i < rows.Count; i += step)
            _chosen[i] = Choose(_samplers[first], i, rows[i].Taken);
    }

    private StepChoice Choose(TokenSampler sampler, int index, ContinuousRow row)
    {
        try
        {
            if (row.Search is { } search)
            {
                search.Advance(beam => device.Logits(index * beams + beam));
                return default;
            }
            var sampling = row.Request.Sampling;
            // no need to see what the device has looked through already
            if (sampling is { DoSample: false, RepetitionPenalty: 1 } && device.Greedy(index) is { } best)
                return new StepChoice(best, null);
            var token = sampler.Choose(device.Logits(index), sampling, row.Prompt, row.Running.TokenSpan, row.Random);
            return new StepChoice(token, null);
        }
        catch (InvalidDataException e)
        {
            return new StepChoice(0, e.Message);
        }
    }
}
