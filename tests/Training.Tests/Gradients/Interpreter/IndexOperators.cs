namespace XlLoraOnnx.Training.Tests;

/// <summary>Operators that look elements up, or put them, by indices; negative ones count from the end.</summary>
internal static class IndexOperators
{
    public static Tensor64 Gather(OperatorCall call)
    {
        var (data, indices) = (call[0], call[1]);
        var axis = data.Axis(call.Int("axis", 0));
        var inner = Strides.Count(data.Shape[(axis + 1)..]);
        int[] offsets = [.. Enumerable.Range(0, Strides.Count(data.Shape[..axis])).SelectMany(outer => indices.ToLongs().SelectMany(index =>
            Enumerable.Range((outer * data.Shape[axis] + Checked(index, data.Shape[axis])) * inner, inner)))];
        return data.Picked([.. data.Shape[..axis], .. indices.Shape, .. data.Shape[(axis + 1)..]], offsets);
    }

    public static Tensor64 GatherElements(OperatorCall call) =>
        call[0].Picked(call[1].Shape, ElementOffsets(call[0], call[1], call.Int("axis", 0)));

    public static Tensor64 GatherND(OperatorCall call)
    {
        var (data, indices) = (call[0], call[1]);
        var batchDims = (int)call.Int("batch_dims", 0);
        var (firsts, size) = SliceOffsets(data, indices, batchDims);
        return data.Picked([.. indices.Shape[..^1], .. data.Shape[(batchDims + indices.Shape[^1])..]],
            [.. firsts.SelectMany(first => Enumerable.Range(first, size))]);
    }

    public static Tensor64 ScatterND(OperatorCall call)
    {
        var (firsts, size) = SliceOffsets(call[0], call[1], 0);
        return Scattered(call, [.. firsts.SelectMany(first => Enumerable.Range(first, size))]);
    }

    public static Tensor64 ScatterElements(OperatorCall call) =>
        Scattered(call, ElementOffsets(call[0], call[1], call.Int("axis", 0)));

    public static Tensor64 OneHot(OperatorCall call)
    {
        var (indices, depth, values) = (call[0], (int)call[1].ToScalar(), call[2]);
        var axis = (int)call.Int("axis", -1);
        axis = axis < 0 ? axis + indices.Rank + 1 : axis;
        var inner = Strides.Count(indices.Shape[axis..]);
        int[] shape = [.. indices.Shape[..axis], depth, .. indices.Shape[axis..]];
        var hot = new double[Strides.Count(shape)];
        for (var i = 0; i < hot.Length; i++)
        {
            var (outer, at) = (i / inner / depth, i / inner % depth);
            var index = indices.Values[outer * inner + i % inner];
            hot[i] = values.Values[(index < 0 ? index + depth : index) == at ? 1 : 0];
        }
        return new Tensor64(values.Kind, shape, hot);
    }

    private static Tensor64 Scattered(OperatorCall call, int[] offsets)
    {
        double[] values = [.. call[0].Values];
        var updates = call[2].Values;
        var reduction = call.Text("reduction", "none");
        for (var i = 0; i < offsets.Length; i++)
            values[offsets[i]] = reduction switch
            {
                "none" => updates[i],
                "add" => values[offsets[i]] + updates[i],
                _ => throw call.Unsupported($"the reduction '{reduction}'"),
            };
        return call[0].With(values);
    }

    /// <summary>The place in data of each element of indices, which differs from it along one axis.</summary>
    private static int[] ElementOffsets(Tensor64 data, Tensor64 indices, long along)
    {
        var axis = data.Axis(along);
        var strides = Strides.Of(data.Shape);
        var stride = strides[axis];
        strides[axis] = 0;
        var places = Strides.Offsets(indices.Shape, strides);
        return [.. indices.ToLongs().Select((index, i) => places[i] + Checked(index, data.Shape[axis]) * stride)];
    }

    /// <summary>Where the slices that tuples of indices name begin, and the size of one.</summary>
    private static (int[] Firsts, int Size) SliceOffsets(Tensor64 data, Tensor64 indices, int batchDims)
    {
        var width = indices.Shape[^1];
        var strides = Strides.Of(data.Shape);
        var batches = Strides.Count(data.Shape[..batchDims]);
        var tuples = Strides.Count(indices.Shape[..^1]);
        var numbers = indices.ToLongs();
        var firsts = new int[tuples];
        for (var tuple = 0; tuple < tuples; tuple++)
        {
            firsts[tuple] = tuple / (tuples / batches) * Strides.Count(data.Shape[batchDims..]);
            for (var i = 0; i < width; i++)
                firsts[tuple] += Checked(numbers[tuple * width + i], data.Shape[batchDims + i]) * strides[batchDims + i];
        }
        return (firsts, Strides.Count(data.Shape[(batchDims + width)..]));
    }

    private static int Checked(long index, int dim) => index >= -dim && index < dim
        ? (int)(index < 0 ? index + dim : index)
        : throw new InvalidOperationException($"The index {index} is none of {dim}.");
}
