using System.Runtime.InteropServices;

namespace XlLoraOnnx.Training;

/// <summary>
/// The tensors of a checkpoint as parameters of its graph, and back. The exporter stores the weight of a linear module transposed, and the
/// biases of queries, keys and values as one: of every parameter it is known which tensors are in it, and where.
/// </summary>
internal sealed class CheckpointParameters : IDisposable
{
    private const int TileBytes = 1 << 28;

    private readonly List<Parameter> _all = [];
    private readonly Dictionary<string, Place> _places = [];

    /// <summary>Reads every initializer of the graph that is made of tensors; caches that it computes are none.</summary>
    /// <param name="weights">After the plan.</param>
    /// <param name="tied">The table that a head multiplies with; null for none.</param>
    public CheckpointParameters(TextWeights weights, OnnxGraph graph, string? tied = null)
    {
        var targets = weights.Taken.GroupBy(t => t.FirstTarget).ToDictionary(g => g.Key, g => g.ToArray());
        try
        {
            foreach (var initializer in graph.ExternalTensors)
            {
                if (!targets.TryGetValue(initializer.Proto.Name, out var parts))
                    continue;
                var name = initializer.Proto.Name;
                var parameter = new Parameter(name, [.. initializer.Proto.Dims], IsTable(graph, name), name == tied);
                _all.Add(parameter);
                Fill(parameter, initializer.Source);
                AddPlaces(parameter, parts, initializer.Source.ReadsColumns);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>In the order of the graph.</summary>
    public IReadOnlyList<Parameter> All => _all;

    /// <summary>Elements of all.</summary>
    public long Count => _all.Sum(p => (long)p.Length);

    /// <param name="tensor">As the checkpoint's file names it.</param>
    public bool Contains(string tensor) => _places.ContainsKey(tensor);

    /// <summary>A tensor of the checkpoint with the values that its parameter has now, in the checkpoint's order.</summary>
    /// <param name="tensor">As the checkpoint's file names it.</param>
    /// <param name="destination">As many as it has.</param>
    public void Read(string tensor, Span<float> destination)
    {
        var (parameter, offset, rows, columns, isTransposed) = _places[tensor];
        var values = parameter.Values.Slice(offset, rows * columns);
        if (isTransposed)
            TiledTransposition.Transpose(values, columns, rows, 1, destination[..values.Length], columns);
        else
            values.CopyTo(destination);
    }

    public void Dispose() => _all.ForEach(p => p.Dispose());

    private static void Fill(Parameter parameter, TensorSource source)
    {
        var bytes = MemoryMarshal.AsBytes(parameter.Values);
        var rowsAtOnce = (int)Math.Clamp(TileBytes / Math.Max(source.RowBytes, 1), 1, Math.Max(source.Rows, 1));
        for (var first = 0L; first < source.Rows; first += rowsAtOnce)
        {
            var rows = (int)Math.Min(rowsAtOnce, source.Rows - first);
            source.Fill(first, rows, bytes.Slice(checked((int)(first * source.RowBytes)), rows * source.RowBytes));
        }
    }

    private void AddPlaces(Parameter parameter, TakenTensor[] parts, bool isTransposed)
    {
        if (isTransposed && parts.Length > 1)
            throw new InvalidOperationException(
                $"'{parameter.Name}' is made of {parts.Length} transposed tensors, which has no inverse here.");
        var offset = 0;
        foreach (var part in parts)
        {
            _places.Add(part.Tensor.Name, new Place(parameter, offset, (int)part.Tensor.Rows, part.Tensor.Columns, isTransposed));
            offset += checked((int)part.Tensor.ElementCount);
        }
        if (offset != parameter.Length)
            throw new InvalidOperationException($"'{parameter.Name}' has {parameter.Length} values and its tensors {offset}.");
    }

    /// <summary>Whether nothing but looking up rows is done with it.</summary>
    private static bool IsTable(OnnxGraph graph, string name) => graph.Proto.Node.Where(n => n.Input.Contains(name)).All(node =>
        node.OpType == "Gather" && node.Input[0] == name && node.Input[1] != name && node.Attribute.All(a => a.Name != "axis" || a.I == 0));

    /// <param name="Rows">Of the tensor in the checkpoint.</param>
    /// <param name="IsTransposed">The parameter has [columns, rows].</param>
    private readonly record struct Place(Parameter Parameter, int Offset, int Rows, int Columns, bool IsTransposed);
}
