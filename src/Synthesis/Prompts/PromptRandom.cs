namespace XlLoraOnnx.Synthesis;

/// <summary>Random numbers of one row for its prompt: a function of the run's seed and the row, and of nothing else.</summary>
/// <param name="seed">Of the run.</param>
/// <param name="row">The row, its side and its sample as one number.</param>
public readonly struct PromptRandom(long seed, long row)
{
    /// <summary>A number from 0 to below <paramref name="bound"/>.</summary>
    /// <param name="position">Which number of the row; the same one is always the same.</param>
    /// <param name="bound">At least 1.</param>
    public int Next(int position, int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        return CounterRandom.Below(bound, (ulong)seed, (ulong)row, (ulong)position);
    }
}
