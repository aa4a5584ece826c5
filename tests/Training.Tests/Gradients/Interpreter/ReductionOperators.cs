namespace XlLoraOnnx.Training.Tests;

/// <summary>Sums and the like over axes, and what runs along one axis.</summary>
internal static class ReductionOperators
{
    /// <summary>The axes are the second input or an attribute; none are all, unless noop_with_empty_axes says that they are none.</summary>
    public static Func<OperatorCall, Tensor64> Over(Func<double[], double> reduce) => call =>
    {
        var x = call[0];
        var given = call.Optional(1)?.ToLongs() ?? call.Ints("axes") ?? [];
        int[] axes = given.Length > 0 || call.Int("noop_with_empty_axes", 0) != 0
            ? [.. given.Select(x.Axis)]
            : [.. Enumerable.Range(0, x.Rank)];
        return Reduce(x, axes, call.Int("keepdims", 1) != 0, x.Kind, reduce);
    };

    /// <summary>The first of several.</summary>
    public static Tensor64 ArgMax(OperatorCall call)
    {
        if (call.Int("select_last_index", 0) != 0)
            throw call.Unsupported("select_last_index");
        var axis = call[0].Axis(call.Int("axis", 0));
        return Reduce(call[0], [axis], call.Int("keepdims", 1) != 0, TensorKind.Int64, values => Array.IndexOf(values, values.Max()));
    }

    public static Tensor64 Softmax(OperatorCall call) => Along(call[0], call.Int("axis", -1), Softmax);

    public static Tensor64 LogSoftmax(OperatorCall call) => Along(call[0], call.Int("axis", -1), values =>
    {
        var max = values.Max();
        var logarithm = max + Math.Log(values.Sum(v => Math.Exp(v - max)));
        return Array.ConvertAll(values, v => v - logarithm);
    });

    public static double[] Softmax(double[] values)
    {
        var max = values.Max();
        var powers = Array.ConvertAll(values, v => Math.Exp(v - max));
        var sum = powers.Sum();
        return Array.ConvertAll(powers, p => p / sum);
    }

    public static Tensor64 CumSum(OperatorCall call)
    {
        var (exclusive, reverse) = (call.Int("exclusive", 0) != 0, call.Int("reverse", 0) != 0);
        return Along(call[0], call[1].ToLongs()[0], values =>
        {
            var sums = new double[values.Length];
            var sum = 0.0;
            for (var i = 0; i < values.Length; i++)
            {
                var at = reverse ? values.Length - 1 - i : i;
                sums[at] = exclusive ? sum : sum + values[at];
                sum += values[at];
            }
            return sums;
        });
    }

    private static Tensor64 Reduce(Tensor64 x, int[] axes, bool keepDims, TensorKind kind, Func<double[], double> reduce)
    {
        int[] kept = [.. Enumerable.Range(0, x.Rank).Except(axes)];
        var strides = Strides.Of(x.Shape);
        var firsts = Strides.Offsets([.. kept.Select(a => x.Shape[a])], [.. kept.Select(a => strides[a])]);
        var others = Strides.Offsets([.. axes.Select(a => x.Shape[a])], [.. axes.Select(a => strides[a])]);
        var values = Array.ConvertAll(firsts, first => reduce(Array.ConvertAll(others, other => x.Values[first + other])));
        int[] shape = keepDims
            ? [.. x.Shape.Select((dim, axis) => axes.Contains(axis) ? 1 : dim)]
            : [.. kept.Select(a => x.Shape[a])];
        return new Tensor64(kind, shape, values);
    }

    private static Tensor64 Along(Tensor64 x, long axis, Func<double[], double[]> function)
    {
        var along = x.Axis(axis);
        var strides = Strides.Of(x.Shape);
        int[] shape = [.. x.Shape];
        shape[along] = Math.Min(1, shape[along]);
        var values = new double[x.Values.Length];
        foreach (var first in Strides.Offsets(shape, strides))
        {
            int[] line = [.. Enumerable.Range(0, x.Shape[along]).Select(i => first + i * strides[along])];
            var results = function(Array.ConvertAll(line, o => x.Values[o]));
            for (var i = 0; i < line.Length; i++)
                values[line[i]] = results[i];
        }
        return x.With(values);
    }
}
