namespace XlLoraOnnx.Runtime;

/// <summary>States of the sources of a batch, of their prompts and of what the model writes after them: which of them each token of the
/// target is read with.</summary>
internal sealed class WrittenSource
{
    private readonly FusionSchedule _schedule;
    private readonly FusionRows _prompt;
    private readonly IReadOnlyList<float[]> _after;
    private readonly int[] _steps;
    private readonly int _width;
    private readonly int _afterWidth;
    private readonly int _dimension;

    /// <param name="width">Tokens that prompts are padded to.</param>
    /// <param name="written">After each source, without an adapter; empty where nothing is written after sources, as by a translation
    /// model's encoder.</param>
    public WrittenSource(FusionModel model, FusionSchedule schedule, IReadOnlyList<TaskRow> batch, int width, int[][] written)
    {
        (_schedule, _width, _dimension) = (schedule, width, model.Facts.SourceDimension ?? 0);
        _prompt = model.Rows(batch, width);
        // the last one is not read any more
        int[][] read = [.. batch.Select((_, i) => i < written.Length && written[i].Length > 1 ? written[i][..^1] : [])];
        _steps = [.. read.Select(r => r.Length)];
        var most = _steps.Max();
        _afterWidth = width + most;
        _after = most == 0 ? [] : model.States(
            [.. batch.Select((r, i) => r.Source is null ? null : (int[])[.. r.Source, .. read[i]])], _afterWidth);
        Prompt = schedule == FusionSchedule.Released && most > 0 ? WithOneState() : _prompt;
    }

    /// <summary>All prompts and what is fused into them.</summary>
    public FusionRows Prompt { get; }

    /// <summary>One token more of some rows.</summary>
    /// <param name="step">1 for the first.</param>
    public FusionRows Next(int[] rows, EncoderRows tokens, int step)
    {
        var mask = new long[rows.Length];
        float[][] states = [.. _prompt.SourceStates.Select(_ => new float[rows.Length * _dimension])];
        for (var i = 0; i < rows.Length; i++)
        {
            mask[i] = _prompt.SourceMask[(rows[i] + 1) * _width - 1];
            Copy(rows[i], step, states, i);
        }
        return FusionRows.Next(tokens, mask, states);
    }

    /// <summary>The released code puts one state into every token of the prompt, unless the source is a single token.</summary>
    private FusionRows WithOneState()
    {
        var mask = _prompt.SourceMask.ToArray();
        float[][] states = [.. _prompt.SourceStates.Select(s => s.ToArray())];
        for (var row = 0; row < _steps.Length; row++)
        {
            if (From(row, 0) == 0)
                continue;
            mask.AsSpan(row * _width, _width).Fill(mask[(row + 1) * _width - 1]);
            for (var at = row * _width; at < (row + 1) * _width; at++)
                Copy(row, 0, states, at);
        }
        return _prompt with { SourceMask = mask, SourceStates = states };
    }

    /// <summary>The state that goes into a token, to one position of others.</summary>
    /// <param name="step">0 for the prompt.</param>
    private void Copy(int row, int step, float[][] to, int at)
    {
        var from = From(row, step);
        var (states, position) = from == 0 ? (_prompt.SourceStates, (row + 1) * _width - 1)
            : (_after, (row + 1) * _afterWidth - 1 - _steps[row] + from);
        for (var layer = 0; layer < to.Length; layer++)
            states[layer].AsSpan(position * _dimension, _dimension).CopyTo(to[layer].AsSpan(at * _dimension));
    }

    /// <returns>Number of the token after the source; 0 for its prompt.</returns>
    private int From(int row, int step) => Math.Min(_schedule == FusionSchedule.Released ? _width + step - 1 : step, _steps[row]);
}
