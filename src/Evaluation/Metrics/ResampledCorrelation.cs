using System.Buffers;

namespace XlLoraOnnx.Evaluation;

/// <summary>Correlations of drawn pairs: what one pair's rank is depends on the whole draw, but the order of the values does not.</summary>
/// <remarks>A draw costs time proportional to its length and sorts nothing. Threads may share one.</remarks>
internal sealed class ResampledCorrelation
{
    private readonly double[] _x;
    private readonly double[] _y;
    private readonly int[] _levelsOfX;
    private readonly int[] _levelsOfY;

    public ResampledCorrelation(double[] x, double[] y)
    {
        (_x, _y) = (x, y);
        (_levelsOfX, _levelsOfY) = (Levels(x), Levels(y));
    }

    /// <summary>NaN where the drawn pairs are constant on one side.</summary>
    public double Pearson(ReadOnlySpan<int> drawn)
    {
        var pool = ArrayPool<double>.Shared;
        var (x, y) = (pool.Rent(drawn.Length), pool.Rent(drawn.Length));
        for (int i = 0; i < drawn.Length; i++)
            (x[i], y[i]) = (_x[drawn[i]], _y[drawn[i]]);
        var result = Correlation.Pearson(x.AsSpan(0, drawn.Length), y.AsSpan(0, drawn.Length));
        pool.Return(x);
        pool.Return(y);
        return result;
    }

    /// <summary>NaN where the drawn pairs are constant on one side.</summary>
    public double Spearman(ReadOnlySpan<int> drawn)
    {
        var pool = ArrayPool<double>.Shared;
        var (x, y) = (pool.Rent(drawn.Length), pool.Rent(drawn.Length));
        Rank(drawn, _levelsOfX, x);
        Rank(drawn, _levelsOfY, y);
        var result = Correlation.Pearson(x.AsSpan(0, drawn.Length), y.AsSpan(0, drawn.Length));
        pool.Return(x);
        pool.Return(y);
        return result;
    }

    private static void Rank(ReadOnlySpan<int> drawn, int[] levels, double[] ranks)
    {
        var counts = ArrayPool<int>.Shared.Rent(levels.Length + 1);
        Array.Clear(counts, 0, levels.Length + 1);
        foreach (var item in drawn)
            counts[levels[item]]++;
        // Twice the average rank of a level: values below it, and half of its own.
        for (int level = 0, below = 0; level < levels.Length; level++)
        {
            int own = counts[level];
            counts[level] = 2 * below + own + 1;
            below += own;
        }
        for (int i = 0; i < drawn.Length; i++)
            ranks[i] = counts[levels[drawn[i]]] / 2.0;
        ArrayPool<int>.Shared.Return(counts);
    }

    /// <summary>Which of the distinct values, in ascending order, each value is.</summary>
    private static int[] Levels(double[] values)
    {
        var sorted = (double[])values.Clone();
        var order = Enumerable.Range(0, values.Length).ToArray();
        Array.Sort(sorted, order);
        var levels = new int[values.Length];
        for (int i = 1, level = 0; i < sorted.Length; i++)
        {
            if (sorted[i] != sorted[i - 1])
                level++;
            levels[order[i]] = level;
        }
        return levels;
    }
}
