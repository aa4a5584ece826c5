namespace XlLoraOnnx.Training.Tests;

/// <summary>Operators that take tensors apart along axes and put them together.</summary>
internal static class PartOperators
{
    public static Tensor64 Concat(OperatorCall call)
    {
        var axis = call[0].Axis(call.Int("axis", 0));
        Tensor64[] parts = [.. Enumerable.Range(0, call.Count).Select(i => call[i])];
        int[] shape = [.. parts[0].Shape];
        shape[axis] = parts.Sum(p => p.Shape[axis]);
        var strides = Strides.Of(shape);
        var values = new double[Strides.Count(shape)];
        var position = 0;
        foreach (var part in parts)
        {
            Put(values, Strides.Offsets(part.Shape, strides, position * strides[axis]), part.Values);
            position += part.Shape[axis];
        }
        return new Tensor64(parts[0].Kind, shape, values);
    }

    /// <summary>Parts of given sizes, or of equal ones, the last of which may be smaller.</summary>
    public static Tensor64?[] Split(OperatorCall call)
    {
        var x = call[0];
        var axis = x.Axis(call.Int("axis", 0));
        var count = call.Outputs;
        var size = (x.Shape[axis] + count - 1) / count;
        long[] sizes = call.Optional(1)?.ToLongs() ??
            [.. Enumerable.Range(0, count).Select(i => (long)Math.Clamp(x.Shape[axis] - i * size, 0, size))];
        var strides = Strides.Of(x.Shape);
        var parts = new Tensor64?[count];
        var position = 0;
        for (var i = 0; i < count; i++)
        {
            int[] shape = [.. x.Shape];
            shape[axis] = (int)sizes[i];
            parts[i] = x.Picked(shape, Strides.Offsets(shape, strides, position * strides[axis]));
            position += shape[axis];
        }
        return parts;
    }

    public static Tensor64 Slice(OperatorCall call)
    {
        var x = call[0];
        var (starts, ends) = (call[1].ToLongs(), call[2].ToLongs());
        var axes = call.Optional(3)?.ToLongs() ?? [.. starts.Select((_, i) => (long)i)];
        var steps = call.Optional(4)?.ToLongs() ?? [.. starts.Select(_ => 1L)];
        int[] shape = [.. x.Shape];
        var strides = Strides.Of(x.Shape);
        var first = 0;
        for (var i = 0; i < starts.Length; i++)
        {
            var axis = x.Axis(axes[i]);
            var (start, end) = Bounds(starts[i], ends[i], steps[i], x.Shape[axis]);
            shape[axis] = (int)Math.Max(0, Math.Ceiling((end - start) / (double)steps[i]));
            first += (int)start * strides[axis];
            strides[axis] *= (int)steps[i];
        }
        return x.Picked(shape, Strides.Offsets(shape, strides, first));
    }

    /// <summary>A constant around, 0 if none is given.</summary>
    public static Tensor64 Pad(OperatorCall call)
    {
        if (call.Text("mode", "constant") is var mode && mode != "constant")
            throw call.Unsupported($"the mode '{mode}'");
        var (x, pads) = (call[0], call[1].ToLongs());
        if (pads.Any(p => p < 0))
            throw call.Unsupported("a negative pad");
        var axes = call.Optional(3)?.ToLongs() ?? [.. x.Shape.Select((_, i) => (long)i)];
        int[] shape = [.. x.Shape];
        for (var i = 0; i < axes.Length; i++)
            shape[x.Axis(axes[i])] += (int)(pads[i] + pads[i + axes.Length]);
        var strides = Strides.Of(shape);
        var first = (int)axes.Select((axis, i) => pads[i] * strides[x.Axis(axis)]).Sum();
        var values = new double[Strides.Count(shape)];
        Array.Fill(values, call.Optional(2)?.ToScalar() ?? 0);
        Put(values, Strides.Offsets(x.Shape, strides, first), x.Values);
        return new Tensor64(x.Kind, shape, values);
    }

    private static (long Start, long End) Bounds(long start, long end, long step, int dim)
    {
        var (low, high) = step > 0 ? (0, dim) : (-1, dim - 1);
        return (Math.Clamp(start < 0 ? start + dim : start, Math.Max(low, 0), Math.Max(high, 0)),
            Math.Clamp(end < 0 ? end + dim : end, low, Math.Max(high, low)));
    }

    private static void Put(double[] values, int[] offsets, double[] part)
    {
        for (var i = 0; i < offsets.Length; i++)
            values[offsets[i]] = part[i];
    }
}
