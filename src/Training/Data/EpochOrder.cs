namespace XlLoraOnnx.Training;

/// <summary>The order of the rows in an epoch: a function of the seed and the number of the epoch.</summary>
internal static class EpochOrder
{
    /// <summary>Of <see cref="CounterRandom"/>, with the epoch below: no other numbers of a run are drawn from there.</summary>
    private const ulong Stream = 1UL << 63;

    /// <summary>A permutation of 0 to <paramref name="rows"/> − 1; all are equally likely (Fisher and Yates).</summary>
    public static int[] Of(int rows, long seed, long epoch)
    {
        var order = new int[rows];
        for (var i = 0; i < rows; i++)
            order[i] = i;
        for (var i = rows - 1; i > 0; i--)
        {
            var j = CounterRandom.Below(i + 1, (ulong)seed, Stream | (ulong)epoch, (ulong)i);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }
}
