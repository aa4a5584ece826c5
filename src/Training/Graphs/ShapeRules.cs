using System.Globalization;

namespace XlLoraOnnx.Training;

/// <summary>Shapes of an operator's outputs from those of its inputs.</summary>
internal static class ShapeRules
{
    private static readonly HashSet<string> Broadcasting =
        ["Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Where"];

    private static readonly HashSet<string> Unchanged =
    [
        "Identity", "Cast", "Abs", "Not", "Sqrt", "Exp", "Log", "Erf", "Tanh", "Sigmoid", "Relu", "Gelu", "Softmax", "LogSoftmax",
        "CumSum", "RotaryEmbedding", "Neg",
    ];

    /// <returns>Null where an input's shape is not known, or the operator's rule is not here.</returns>
    public static Dim[][]? Infer(NodeProto node, ValueShapes shapes)
    {
        var inputs = new Dim[node.Input.Count][];
        for (var i = 0; i < inputs.Length; i++)
        {
            if (node.Input[i].Length == 0)
                inputs[i] = [];
            else if (shapes.TryGet(node.Input[i], out var shape))
                inputs[i] = shape;
            else
                return null;
        }
        if (Broadcasting.Contains(node.OpType))
            return [Broadcast(inputs)];
        if (Unchanged.Contains(node.OpType))
            return [inputs[0]];
        return node.OpType switch
        {
            "MatMul" => [MatMul(inputs[0], inputs[1])],
            "FusedMatMul" or "Gemm" =>
                [MatMul(Turned(inputs[0], Attribute(node, "transA")), Turned(inputs[1], Attribute(node, "transB")))],
            "Transpose" => [[.. node.Attribute.First(a => a.Name == "perm").Ints.Select(axis => inputs[0][axis])]],
            "Reshape" => shapes.AreIntegersKnown(node.Input[1]) ? [Reshape(inputs[0], shapes.Integers(node.Input[1]))] : null,
            "Unsqueeze" => [Unsqueeze(inputs[0], shapes.Integers(node.Input[1]))],
            "ReduceSum" or "ReduceMean" or "ReduceMax" or "ReduceL2" => [Reduce(inputs[0], Axes(node, inputs[0], shapes), node)],
            "Concat" => [Concat(inputs, Axis(node, inputs[0]))],
            "Split" => node.Input.Count == 1 ? Split(inputs[0], node) : null,
            "Gather" => [[.. inputs[0][..Axis(node, inputs[0])], .. inputs[1], .. inputs[0][(Axis(node, inputs[0]) + 1)..]]],
            "GatherElements" => [inputs[1]],
            "LayerNormalization" => [inputs[0], [.. inputs[0][..^1], 1], [.. inputs[0][..^1], 1]],
            "SimplifiedLayerNormalization" => [inputs[0], [.. inputs[0][..^1], 1]],
            "Shape" => [[inputs[0].Length]],
            "Range" => [[node.Output[0]]],
            _ => null,
        };
    }

    /// <summary>The axes of a reduction, from 0; all where none are named.</summary>
    public static int[] Axes(NodeProto node, Dim[] input, ValueShapes shapes) => node.Input.Count < 2 ? [.. Enumerable.Range(0, input.Length)]
        : [.. shapes.Integers(node.Input[1]).Select(axis => (int)(axis < 0 ? axis + input.Length : axis))];

    /// <summary>From 0.</summary>
    public static int Axis(NodeProto node, Dim[] input)
    {
        var axis = (int)Attribute(node, "axis");
        return axis < 0 ? axis + input.Length : axis;
    }

    public static long Attribute(NodeProto node, string name, long absent = 0) =>
        node.Attribute.FirstOrDefault(a => a.Name == name) is { } attribute ? attribute.I : absent;

    private static Dim[] Broadcast(Dim[][] inputs)
    {
        var result = new Dim[inputs.Max(i => i.Length)];
        Array.Fill(result, 1);
        foreach (var input in inputs)
        {
            for (var i = 0; i < input.Length; i++)
            {
                ref var dim = ref result[result.Length - input.Length + i];
                if (dim == (Dim)1)
                    dim = input[i];
            }
        }
        return result;
    }

    private static Dim[] MatMul(Dim[] a, Dim[] b) => [.. Broadcast([a[..^2], b[..^2]]), a[^2], b[^1]];

    private static Dim[] Turned(Dim[] shape, long isTurned) => isTurned == 0 ? shape : [.. shape[..^2], shape[^1], shape[^2]];

    private static Dim[] Unsqueeze(Dim[] input, long[] axes)
    {
        var result = input.ToList();
        foreach (var axis in axes.Select(a => (int)(a < 0 ? a + input.Length + axes.Length : a)).Order())
            result.Insert(axis, 1);
        return [.. result];
    }

    private static Dim[] Reduce(Dim[] input, int[] axes, NodeProto node)
    {
        var keeps = Attribute(node, "keepdims", 1) == 1;
        return [.. input.Select((dim, axis) => axes.Contains(axis) ? (Dim)1 : dim).Where((_, axis) => keeps || !axes.Contains(axis))];
    }

    private static Dim[] Concat(Dim[][] inputs, int axis)
    {
        var result = inputs[0].ToArray();
        var dims = inputs.Select(i => i[axis]).ToArray();
        result[axis] = dims.All(d => d.Symbol is null) ? dims.Sum(d => d.Value)
            : dims.All(d => d == dims[0]) ? Product([dims[0], dims.Length])
            : throw new NotSupportedException($"Parts of sizes {string.Join(", ", dims)} are not concatenated in a graph in training.");
        return result;
    }

    private static Dim[][] Split(Dim[] input, NodeProto node)
    {
        var axis = Axis(node, input);
        var part = input.ToArray();
        part[axis] = Quotient([input[axis]], [node.Output.Count]);
        return [.. node.Output.Select(_ => part)];
    }

    private static Dim[] Reshape(Dim[] input, long[] target)
    {
        var result = target.Select((size, axis) => size == 0 ? input[axis] : (Dim)size).ToArray();
        var open = Array.IndexOf(target, -1);
        if (open >= 0)
            result[open] = Quotient(input, [.. result.Where((_, axis) => axis != open)]);
        return result;
    }

    /// <summary>What is left of the factors of one product without those of another.</summary>
    private static Dim Quotient(Dim[] product, Dim[] divisor)
    {
        var symbols = Symbols(product).ToList();
        var (number, divided) = (Number(product), Number(divisor));
        if (!Symbols(divisor).All(symbols.Remove) || number % divided != 0)
            throw new NotSupportedException($"[{string.Join(", ", product)}] is not reshaped to [{string.Join(", ", divisor)}, rest].");
        return Product([number / divided, .. symbols.Select(s => (Dim)s)]);
    }

    private static Dim Product(Dim[] dims)
    {
        var number = Number(dims);
        string[] symbols = [.. Symbols(dims).Order(StringComparer.Ordinal)];
        if (symbols.Length == 0)
            return number;
        return string.Join('*', number == 1 ? symbols : [number.ToString(CultureInfo.InvariantCulture), .. symbols]);
    }

    private static IEnumerable<string> Factors(Dim[] dims) => dims.SelectMany(d => d.ToString().Split('*'));

    private static IEnumerable<string> Symbols(Dim[] dims) => Factors(dims).Where(f => !char.IsAsciiDigit(f[0]));

    private static long Number(Dim[] dims) => Factors(dims).Where(f => char.IsAsciiDigit(f[0]))
        .Aggregate(1L, (product, f) => product * long.Parse(f, CultureInfo.InvariantCulture));
}
