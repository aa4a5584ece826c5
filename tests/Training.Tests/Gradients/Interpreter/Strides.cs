namespace XlLoraOnnx.Training.Tests;

/// <summary>Where the elements of tensors lie; and broadcasting, which is a stride of 0.</summary>
internal static class Strides
{
    public static int Count(int[] shape)
    {
        var count = 1;
        foreach (var dim in shape)
            count = checked(count * dim);
        return count;
    }

    /// <summary>Of a tensor whose last axis is dense.</summary>
    public static int[] Of(int[] shape)
    {
        var strides = new int[shape.Length];
        var stride = 1;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }
        return strides;
    }

    /// <summary>start + Σ index · stride for all indices of a shape, the last axis fastest.</summary>
    public static int[] Offsets(int[] shape, int[] strides, int start = 0)
    {
        var offsets = new int[Count(shape)];
        if (offsets.Length == 0)
            return offsets;
        offsets[0] = start;
        var filled = 1;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            for (var i = 1; i < shape[axis]; i++)
            {
                for (var j = 0; j < filled; j++)
                    offsets[i * filled + j] = offsets[j] + i * strides[axis];
            }
            filled *= shape[axis];
        }
        return offsets;
    }

    /// <summary>The shape to which both are broadcast.</summary>
    public static int[] Broadcast(int[] a, int[] b)
    {
        var shape = new int[Math.Max(a.Length, b.Length)];
        for (var i = 1; i <= shape.Length; i++)
        {
            var (x, y) = (i > a.Length ? 1 : a[^i], i > b.Length ? 1 : b[^i]);
            if (x != y && x != 1 && y != 1)
                throw new InvalidOperationException($"{Tensor64.Text(a)} and {Tensor64.Text(b)} cannot be broadcast.");
            shape[^i] = x == 1 ? y : x;
        }
        return shape;
    }

    /// <summary>For each element of <paramref name="to"/>, the place of that of <paramref name="from"/> which is broadcast to it.</summary>
    public static int[] BroadcastOffsets(int[] from, int[] to)
    {
        var own = Of(from);
        var strides = new int[to.Length];
        for (var i = 1; i <= from.Length; i++)
        {
            if (from[^i] != 1 && from[^i] != to[^i])
                throw new InvalidOperationException($"{Tensor64.Text(from)} cannot be broadcast to {Tensor64.Text(to)}.");
            strides[^i] = from[^i] == 1 ? 0 : own[^i];
        }
        return Offsets(to, strides);
    }
}
