using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Training;

/// <summary>
/// The shape of each value of a graph, as far as operators make it from those of the inputs: numbers, symbols of the inputs, and products
/// of symbols (<c>batch_size*sequence_length</c>).
/// </summary>
internal sealed class ValueShapes
{
    private readonly Dictionary<string, Dim[]> _shapes = [];
    private readonly Dictionary<string, long[]> _integers = [];

    /// <exception cref="NotSupportedException">No operator before it says.</exception>
    public Dim[] this[string value] => _shapes.TryGetValue(value, out var shape) ? shape : throw new NotSupportedException(
        $"The shape of '{value}' is not known: an operator on the way to it has no rule for shapes.");

    public bool TryGet(string value, [NotNullWhen(true)] out Dim[]? shape) => _shapes.TryGetValue(value, out shape);

    public void Set(string value, Dim[] shape) => _shapes[value] = shape;

    /// <summary>The elements of a constant of integers.</summary>
    /// <exception cref="NotSupportedException">It is computed.</exception>
    public long[] Integers(string value) => _integers.TryGetValue(value, out var found) ? found : throw new NotSupportedException(
        $"'{value}' is computed; where a shape or axes are expected, a graph in training has constants.");

    public bool AreIntegersKnown(string value) => _integers.ContainsKey(value);

    /// <summary>Of the outputs, where the inputs' are known.</summary>
    public void Infer(NodeProto node)
    {
        if (node.OpType == "Constant")
        {
            SetConstant(node.Output[0], node.Attribute[0].T);
            return;
        }
        if (ShapeRules.Infer(node, this) is not { } shapes)
            return;
        for (var i = 0; i < Math.Min(shapes.Length, node.Output.Count); i++)
        {
            if (node.Output[i].Length > 0)
                _shapes[node.Output[i]] = shapes[i];
        }
    }

    /// <summary>The shape in numbers.</summary>
    /// <param name="symbols">Their values.</param>
    public static long[] Evaluate(ReadOnlySpan<Dim> shape, IReadOnlyDictionary<string, long> symbols)
    {
        var numbers = new long[shape.Length];
        for (var i = 0; i < shape.Length; i++)
        {
            numbers[i] = shape[i].Symbol is not { } symbol ? shape[i].Value
                : symbol.Split('*').Aggregate(1L, (product, factor) => product * Number(factor, symbols));
        }
        return numbers;
    }

    private static long Number(string factor, IReadOnlyDictionary<string, long> symbols) =>
        long.TryParse(factor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : symbols[factor];

    private void SetConstant(string name, TensorProto tensor)
    {
        _shapes[name] = [.. tensor.Dims.Select(d => (Dim)d)];
        if (tensor.DataType == (int)OnnxType.Int64)
            _integers[name] = MemoryMarshal.Cast<byte, long>(tensor.RawData.Span).ToArray();
    }
}
