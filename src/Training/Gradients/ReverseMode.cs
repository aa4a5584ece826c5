namespace XlLoraOnnx.Training;

/// <summary>A gradient in a graph.</summary>
/// <param name="Value">Of the shape of what it is the gradient of; of a table, of what was looked up: [n, width] rows.</param>
/// <param name="Rows">int64 [n]: which rows of a table; null for all elements.</param>
internal readonly record struct GradientOutput(string Value, string? Rows = null);

/// <summary>
/// Reverse-mode differentiation (Griewank, Walther: Evaluating Derivatives, 2008) of a graph in plain operators: adds nodes that compute
/// the gradients of a value with respect to others, a rule for each operator.
/// </summary>
internal sealed class ReverseMode
{
    private readonly TrainingGraph _graph;
    private readonly HashSet<string> _tables;
    private readonly HashSet<string> _needed;
    private readonly string[] _wrt;
    private readonly Dictionary<string, string> _gradients = [];
    private readonly Dictionary<string, List<GradientOutput>> _rows = [];

    /// <summary>Gradients of inputs that the nodes behind have given.</summary>
    private string[] _done = [];

    private ReverseMode(TrainingGraph graph, IEnumerable<string> wrt, IEnumerable<string> tables)
    {
        (_graph, _tables) = (graph, [.. tables]);
        _wrt = [.. wrt];
        _needed = [.. _wrt];
        foreach (var node in graph.Proto.Node.Where(n => !GradientRules.IsConstant(n) && n.Input.Any(_needed.Contains)))
            _needed.UnionWith(node.Output.Where(o => o.Length > 0));
    }

    /// <summary>Adds the gradients of Σ value · seed.</summary>
    /// <param name="value">What is differentiated.</param>
    /// <param name="seed">Its own gradient, of its shape: for a loss a constant 1.</param>
    /// <param name="wrt">Inputs.</param>
    /// <param name="tables">Those of them that are looked up, and whose gradients from there shall be rows.</param>
    /// <param name="boundaries">
    /// In their order: states between layers. What lies between two of them is computed again when its gradient is (activation
    /// checkpointing, arXiv 1604.06174) and not kept; none for all kept.
    /// </param>
    /// <returns>For each input the gradients that add up to its own; none where the value does not depend on it.</returns>
    /// <exception cref="NotSupportedException">An operator on the way has no rule.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> Add(TrainingGraph graph, string value, string seed,
        IReadOnlyList<string> wrt, IReadOnlyList<string> tables, IReadOnlyList<string> boundaries)
    {
        var reverse = new ReverseMode(graph, wrt, tables);
        reverse._gradients[value] = seed;
        var segments = Segments.Of(graph.Proto, boundaries);
        foreach (var segment in Enumerable.Reverse(segments))
            reverse.Add(segment);
        return wrt.ToDictionary(name => name, reverse.Of);
    }

    private IReadOnlyList<GradientOutput> Of(string name) =>
        [.. _rows.GetValueOrDefault(name, []),
            .. _gradients.TryGetValue(name, out var gradient) ? [new GradientOutput(gradient)] : (GradientOutput[])[]];

    private void Add(Segment segment)
    {
        NodeProto[] nodes = [.. segment.Nodes.Where(n => n.Output.Any(_needed.Contains))];
        if (!nodes.Any(n => n.Output.Any(_gradients.ContainsKey)))
            return;
        var again = segment.Boundary is { } boundary ? Recompute(nodes, boundary, segment.Nodes) : [];
        var before = _wrt.ToDictionary(name => name, name => _gradients.GetValueOrDefault(name));
        for (var i = nodes.Length - 1; i >= 0; i--)
        {
            if (nodes[i].Output.Any(_gradients.ContainsKey))
                Add(nodes[i], again);
        }
        _done = [.. _wrt.Select(name => (name, Value: _gradients.GetValueOrDefault(name))).Where(g => g.Value != before[g.name])
            .Select(g => g.Value!)];
    }

    private void Add(NodeProto node, IReadOnlyDictionary<string, string> again)
    {
        if (node.OpType == "Gather" && _tables.Contains(node.Input[0]))
        {
            AddRows(node);
            return;
        }
        var context = new GradientContext(_graph, node, again, _gradients, _needed);
        var rule = GradientRules.Find(node) ?? throw new NotSupportedException(
            $"The operator {node.OpType} has no rule for its gradient (at '{node.Output[0]}'). There are rules for "
            + $"{string.Join(", ", GradientRules.Operators)}.");
        rule(context);
    }

    /// <summary>The rows that were looked up, and which they are: the table itself may have a quarter of a million of them.</summary>
    private void AddRows(NodeProto node)
    {
        var (table, indices) = (node.Input[0], node.Input[1]);
        var width = _graph.Shapes[table][^1].Value;
        var rows = _graph.Add("Reshape", [_gradients[node.Output[0]], _graph.Constants(-1, width)]);
        if (!_rows.TryGetValue(table, out var all))
            _rows.Add(table, all = []);
        all.Add(new GradientOutput(rows, _graph.Add("Reshape", [indices, _graph.Constants(-1)])));
    }

    /// <summary>
    /// The nodes once more, from the state before them. That state passes through an operator that waits for the gradient after them, so
    /// that ONNX Runtime neither takes the two for one nor computes them before they are needed; and for the gradients of the weights
    /// behind, which nobody else waits for: ONNX Runtime would leave them to the end, and keep for them what was computed again. Those
    /// made first come first: a sum is walked down to its first terms before what is added to them.
    /// </summary>
    /// <returns>Value → the same computed again.</returns>
    private Dictionary<string, string> Recompute(NodeProto[] nodes, string boundary, IReadOnlyList<NodeProto> segment)
    {
        var after = segment.SelectMany(n => n.Output).Last(_gradients.ContainsKey);
        string[] sizes = [.. Enumerable.Reverse(_done).Append(_gradients[after]).Distinct()
            .Select(g => _graph.Add("Cast", [_graph.Add("Size", [g])], TrainingGraph.Int("to", (int)OnnxType.Float)))];
        var zero = _graph.Add("Mul", [sizes.Aggregate((sum, size) => _graph.Add("Add", [sum, size])), _graph.Constant(0f)]);
        var waited = _graph.Add("Add", [boundary, zero]);
        _graph.Shapes.Set(waited, _graph.Shapes[boundary]);
        var again = new Dictionary<string, string> { [boundary] = waited };
        foreach (var node in nodes)
        {
            var copy = node.Clone();
            for (var i = 0; i < copy.Input.Count; i++)
                copy.Input[i] = _graph.Remade(again.GetValueOrDefault(copy.Input[i], copy.Input[i]), copy.Input[0]);
            for (var i = 0; i < copy.Output.Count; i++)
            {
                if (copy.Output[i].Length > 0)
                    copy.Output[i] = again[node.Output[i]] = _graph.NewName("again");
            }
            _graph.Add(copy);
        }
        return again;
    }
}
