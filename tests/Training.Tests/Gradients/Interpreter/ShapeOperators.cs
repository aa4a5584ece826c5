namespace XlLoraOnnx.Training.Tests;

/// <summary>Operators that move elements as a whole, or look at the shape alone.</summary>
internal static class ShapeOperators
{
    /// <summary>0 keeps a dimension, and one −1 takes what is left.</summary>
    public static Tensor64 Reshape(OperatorCall call)
    {
        if (call.Int("allowzero", 0) != 0)
            throw call.Unsupported("allowzero");
        var wanted = call[1].ToLongs();
        int[] shape = [.. wanted.Select((dim, axis) => dim == 0 ? call[0].Shape[axis] : (int)dim)];
        var rest = Array.IndexOf(shape, -1);
        if (rest >= 0)
        {
            shape[rest] = 1;
            shape[rest] = call[0].Values.Length / Strides.Count(shape);
        }
        return call[0].Reshaped(shape);
    }

    /// <summary>Without perm the axes are turned round.</summary>
    public static Tensor64 Transpose(OperatorCall call) => Transpose(call[0],
        call.Ints("perm") is { } axes ? [.. axes.Select(a => (int)a)] : [.. Enumerable.Range(0, call[0].Rank).Reverse()]);

    public static Tensor64 Transpose(Tensor64 x, int[] axes)
    {
        var strides = Strides.Of(x.Shape);
        int[] shape = [.. axes.Select(a => x.Shape[a])];
        return x.Picked(shape, Strides.Offsets(shape, [.. axes.Select(a => strides[a])]));
    }

    public static Tensor64 Unsqueeze(OperatorCall call)
    {
        var rank = call[0].Rank + call[1].Values.Length;
        long[] axes = [.. call[1].ToLongs().Select(a => a < 0 ? a + rank : a)];
        var dims = new Queue<int>(call[0].Shape);
        return call[0].Reshaped([.. Enumerable.Range(0, rank).Select(axis => axes.Contains(axis) ? 1 : dims.Dequeue())]);
    }

    /// <summary>Without axes all of size 1 go.</summary>
    public static Tensor64 Squeeze(OperatorCall call)
    {
        var x = call[0];
        int[] axes = call.Optional(1) is { } given
            ? [.. given.ToLongs().Select(x.Axis)]
            : [.. Enumerable.Range(0, x.Rank).Where(a => x.Shape[a] == 1)];
        return x.Reshaped([.. x.Shape.Where((_, axis) => !axes.Contains(axis))]);
    }

    public static Tensor64 Expand(OperatorCall call)
    {
        var shape = Strides.Broadcast(call[0].Shape, [.. call[1].ToLongs().Select(d => (int)d)]);
        return call[0].Picked(shape, Strides.BroadcastOffsets(call[0].Shape, shape));
    }

    /// <summary>Each axis is two, the outer of which does not move.</summary>
    public static Tensor64 Tile(OperatorCall call)
    {
        var (x, repeats) = (call[0], call[1].ToLongs());
        var strides = Strides.Of(x.Shape);
        int[] axes = [.. Enumerable.Range(0, x.Rank)];
        var offsets = Strides.Offsets(
            [.. axes.SelectMany(a => new[] { (int)repeats[a], x.Shape[a] })], [.. axes.SelectMany(a => new[] { 0, strides[a] })]);
        return x.Picked([.. axes.Select(a => x.Shape[a] * (int)repeats[a])], offsets);
    }

    public static Tensor64 Shape(OperatorCall call)
    {
        long[] dims = [.. call[0].Shape.Select(d => (long)d)];
        var (start, end) = (Clamped(call.Int("start", 0)), Clamped(call.Int("end", dims.Length)));
        var part = dims[start..Math.Max(start, end)];
        return Tensor64.Longs([part.Length], part);

        int Clamped(long axis) => (int)Math.Clamp(axis < 0 ? axis + dims.Length : axis, 0, dims.Length);
    }

    public static Tensor64 Size(OperatorCall call) => Tensor64.Scalar(call[0].Values.Length, TensorKind.Int64);

    public static Tensor64 Range(OperatorCall call)
    {
        var (start, limit, step) = (call[0].ToScalar(), call[1].ToScalar(), call[2].ToScalar());
        var count = Math.Max(0, (int)Math.Ceiling((limit - start) / step));
        return new Tensor64(call[0].Kind, [count], [.. Enumerable.Range(0, count).Select(i => start + i * step)]);
    }

    public static Tensor64 ConstantOfShape(OperatorCall call)
    {
        var value = call.Tensor("value") ?? Tensor64.Scalar(0);
        int[] shape = [.. call[0].ToLongs().Select(d => (int)d)];
        return new Tensor64(value.Kind, shape, [.. Enumerable.Repeat(value.ToScalar(), Strides.Count(shape))]);
    }

    public static Tensor64 Constant(OperatorCall call)
    {
        if (call.Tensor("value") is { } value)
            return value;
        if (call.Ints("value_ints") is { } several)
            return Tensor64.Longs([several.Length], several);
        if (call.Has("value_int"))
            return Tensor64.Longs([], call.Int("value_int", 0));
        return call.Has("value_float")
            ? Tensor64.Scalar(call.Float("value_float", 0))
            : throw call.Unsupported("a constant without value, value_int, value_ints or value_float");
    }

    /// <summary>The upper or lower triangle of the last two axes; the rest is 0.</summary>
    public static Tensor64 Trilu(OperatorCall call)
    {
        var (x, isUpper) = (call[0], call.Int("upper", 1) != 0);
        var diagonal = call.Optional(1)?.ToScalar() ?? 0;
        var (rows, columns) = (x.Shape[^2], x.Shape[^1]);
        return x.With([.. x.Values.Select((v, i) => Stays(i / columns % rows, i % columns) ? v : 0)]);

        bool Stays(int row, int column) => isUpper ? column >= row + diagonal : column <= row + diagonal;
    }
}
