namespace XlLoraOnnx.Training.Tests;

/// <summary>Every rule against finite differences in double precision, and its graph in ONNX Runtime against the same numbers.</summary>
[TestClass]
public sealed class GradientRulesTests
{
    private const string Microsoft = "com.microsoft.";

    /// <summary>Operator, and what makes a value of inputs that are differed.</summary>
    private static readonly (string Op, string Case, Func<GraphCase, string> Build)[] Cases =
    [
        ("Add", "broadcast to rows", c => c.Node("Add", [c.Float("x", 2, 3, 4), c.Float("y", 4)])),
        ("Add", "broadcast of an axis of one", c => c.Node("Add", [c.Float("x", 2, 1, 4), c.Float("y", 3, 1)])),
        ("Sub", "broadcast", c => c.Node("Sub", [c.Float("x", 3, 4), c.Float("y", 2, 3, 1)])),
        ("Mul", "broadcast", c => c.Node("Mul", [c.Float("x", 2, 3, 4), c.Float("y", 3, 1)])),
        ("Mul", "by itself", c => c.Float("x", 3, 4) is var x ? c.Node("Mul", [x, x]) : ""),
        ("Div", "broadcast", c => c.Node("Div", [c.Float("x", 2, 3, 4), c.FloatIn("y", 0.5, 2, 3, 1)])),
        ("Neg", "", c => c.Node("Neg", [c.Float("x", 5)])),
        ("Max", "bound", c => c.Node("Max", [c.Float("x", 3, 5), c.Constant(0.25f)])),
        ("Max", "of two", c => c.Node("Max", [c.Float("x", 3, 5), c.Float("y", 5)])),
        ("Where", "broadcast", c => c.Node("Where", [c.Bool("condition", 2, 3, 4), c.Float("x", 2, 3, 4), c.Float("y", 3, 1)])),
        ("Identity", "", c => c.Node("Identity", [c.Float("x", 2, 3)])),
        ("Sqrt", "", c => c.Node("Sqrt", [c.FloatIn("x", 0.5, 3, 7)])),
        ("Exp", "", c => c.Node("Exp", [c.Float("x", 7)])),
        ("Log", "", c => c.Node("Log", [c.FloatIn("x", 0.5, 3, 7)])),
        ("Tanh", "", c => c.Node("Tanh", [c.Float("x", 7)])),
        ("Sigmoid", "", c => c.Node("Sigmoid", [c.Float("x", 7)])),
        ("Relu", "", c => c.Node("Relu", [c.Float("x", 3, 5)])),
        ("Gelu", "error function", c => c.Node("Gelu", [c.Float("x", 3, 5)], ("approximate", "none"))),
        ("Gelu", "tanh", c => c.Node("Gelu", [c.Float("x", 3, 5)], ("approximate", "tanh"))),
        ("MatMul", "with a weight", c => c.Node("MatMul", [c.Float("x", 2, 3, 4), c.Float("y", 4, 5)])),
        ("MatMul", "two matrices", c => c.Node("MatMul", [c.Float("x", 3, 4), c.Float("y", 4, 5)])),
        ("MatMul", "in batches", c => c.Node("MatMul", [c.Float("x", 2, 3, 4, 5), c.Float("y", 2, 3, 5, 2)])),
        ("MatMul", "heads that share keys", c => c.Node("MatMul", [c.Float("x", 2, 1, 3, 4, 5), c.Float("y", 2, 1, 1, 5, 2)])),
        ("FusedMatMul", "transposed", c => c.Node(Microsoft + "FusedMatMul", [c.Float("x", 2, 3, 4), c.Float("y", 5, 4)],
            ("transA", 0), ("transB", 1), ("alpha", 0.5f))),
        ("Softmax", "", c => c.Node("Softmax", [c.Float("x", 2, 3, 5)], ("axis", -1))),
        ("LogSoftmax", "", c => c.Node("LogSoftmax", [c.Float("x", 2, 3, 5)], ("axis", -1))),
        ("LayerNormalization", "with a shift", c => c.Node("LayerNormalization",
            [c.Float("x", 2, 3, 6), c.Float("y", 6), c.Float("z", 6)], ("axis", -1), ("epsilon", 1e-5f))),
        ("LayerNormalization", "without", c => c.Node("LayerNormalization",
            [c.Float("x", 2, 3, 6), c.Float("y", 6)], ("axis", -1), ("epsilon", 1e-5f))),
        ("SimplifiedLayerNormalization", "", c => c.Node("SimplifiedLayerNormalization",
            [c.Float("x", 2, 3, 6), c.Float("y", 6)], ("axis", -1), ("epsilon", 1e-6f), ("stash_type", 1))),
        ("ReduceSum", "axis gone", c => c.Node("ReduceSum", [c.Float("x", 2, 3, 4), c.Longs(1)], ("keepdims", 0))),
        ("ReduceSum", "axes kept", c => c.Node("ReduceSum", [c.Float("x", 2, 3, 4), c.Longs(0, 2)], ("keepdims", 1))),
        ("ReduceMean", "axes gone", c => c.Node("ReduceMean", [c.Float("x", 2, 3, 4), c.Longs(0, -1)], ("keepdims", 0))),
        ("ReduceL2", "", c => c.Node("ReduceL2", [c.Float("x", 3, 5), c.Longs(-1)], ("keepdims", 1))),
        ("Reshape", "", c => c.Node("Reshape", [c.Float("x", 2, 3, 4), c.Longs(0, -1)])),
        ("Unsqueeze", "", c => c.Node("Unsqueeze", [c.Float("x", 2, 3), c.Longs(1, -1)])),
        ("Transpose", "", c => c.Node("Transpose", [c.Float("x", 2, 3, 4)], ("perm", new long[] { 1, 2, 0 }))),
        ("Concat", "equal parts", c => c.Node("Concat", [c.Float("x", 2, 3), c.Float("y", 2, 3)], ("axis", 1))),
        ("Concat", "other parts", c => c.Node("Concat", [c.Float("x", 2, 3), c.Float("y", 2, 5)], ("axis", -1))),
        ("Split", "all used", c => c.Node("Split", [c.Float("x", 2, 6)], ["a", "b", "c"], ("axis", -1), ("num_outputs", 3)) is var parts
            ? c.Node("Mul", [c.Node("Mul", [parts[0], parts[1]]), parts[2]]) : ""),
        ("Split", "one of two used", c =>
            c.Node("Split", [c.Float("x", 2, 6)], ["a", "b"], ("axis", -1), ("num_outputs", 2))[1]),
        ("Gather", "rows, some of them twice", c => c.Node("Gather", [c.Float("x", 5, 4), c.Long("rows", 0, 5, 3, 4)], ("axis", 0))),
        ("Gather", "one of the second axis", c => c.Node("Gather", [c.Float("x", 3, 4, 5), c.Constant(2L)], ("axis", 1))),
        ("GatherElements", "", c => c.Node("GatherElements", [c.Float("x", 4, 5), c.Long("at", 0, 5, 4, 2)], ("axis", 1))),
        ("RotaryEmbedding", "", c => c.Node(Microsoft + "RotaryEmbedding",
            [c.Float("x", 2, 3, 8), c.Longs(0), Waves(c, "cos"), Waves(c, "sin")], ("num_heads", 2), ("interleaved", 0))),
    ];

    public static IEnumerable<object[]> All => Cases.Select((c, i) => new object[] { $"{c.Op} {c.Case}".Trim(), i });

    [TestMethod]
    [DynamicData(nameof(All))]
    public void Rule_RandomShapes_IsWhatDifferencesAre(string name, int index)
    {
        var c = new GraphCase();
        var loss = c.Loss(Cases[index].Build(c));
        string[] wrt = [.. c.Inputs.Keys.Where(k => k is "x" or "y" or "z")];
        var (graph, gradients) = WithGradients(c, loss, wrt, []);
        c.CheckGradients(loss, graph.Proto, gradients);
        Assert.IsNotEmpty(wrt, name);
    }

    [TestMethod]
    public void Rules_All_AreHeldAgainstDifferences() =>
        CollectionAssert.AreEquivalent(GradientRules.Operators.ToArray(), Cases.Select(c => c.Op).Distinct().ToArray());

    [TestMethod]
    public void Add_OperatorWithoutRule_IsRefusedByName()
    {
        var c = new GraphCase();
        var loss = c.Loss(c.Node("Erf", [c.Float("x", 3)]));
        var e = Assert.ThrowsExactly<NotSupportedException>(() => WithGradients(c, loss, ["x"], []));
        StringAssert.Contains(e.Message, "Erf", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Add_Boundaries_GiveTheSameGradients()
    {
        var c = new GraphCase();
        var (x, w) = (c.Float("x", 3, 4), c.Float("y", 4, 4));
        string[] states = [x, "", "", ""];
        for (var layer = 1; layer < states.Length; layer++)
            states[layer] = c.Node("Add", [states[layer - 1], c.Node("Tanh", [c.Node("MatMul", [states[layer - 1], w])])]);
        var loss = c.Loss(states[^1]);
        var (graph, gradients) = WithGradients(c, loss, ["x", "y"], states[1..^1]);
        c.CheckGradients(loss, graph.Proto, gradients);
        Assert.AreEqual(c.Graph.Node.Count(n => n.OpType == "Tanh") + 1, graph.Proto.Node.Count(n => n.OpType == "Tanh"));
    }

    [TestMethod]
    public void Add_Table_GivesRowsAndTheirNumbers()
    {
        var c = new GraphCase();
        var loss = c.Loss(c.Node("Gather", [c.Float("x", 5, 4), c.Long("rows", 0, 5, 2, 3)], ("axis", 0)));
        var graph = Grown(c);
        var gradients = ReverseMode.Add(graph, loss, graph.Constant(1f), ["x"], ["x"], []);
        var values = DoubleInterpreter.Run(graph.Proto, c.Inputs);
        var (value, rows) = gradients["x"].Single();
        var dense = new double[20];
        for (var i = 0; i < 6; i++)
        {
            for (var k = 0; k < 4; k++)
                dense[(int)values[rows!].Values[i] * 4 + k] += values[value].Values[i * 4 + k];
        }
        FiniteDifferences.Check(c.Graph, loss, "x", c.Inputs, Tensor64.Floats([5, 4], dense));
    }

    private static (TrainingGraph Graph, Dictionary<string, string> Gradients) WithGradients(
        GraphCase c, string loss, string[] wrt, string[] boundaries)
    {
        var graph = Grown(c);
        var gradients = ReverseMode.Add(graph, loss, graph.Constant(1f), wrt, [], boundaries);
        return (graph, wrt.ToDictionary(name => name, name => gradients[name].Single().Value));
    }

    private static TrainingGraph Grown(GraphCase c)
    {
        var graph = new TrainingGraph();
        foreach (var input in c.Graph.Input)
        {
            graph.Input(input.Name, (OnnxType)input.Type.TensorType.ElemType,
                [.. input.Type.TensorType.Shape.Dim.Select(d => (Dim)d.DimValue)]);
        }
        foreach (var node in c.Graph.Node)
            graph.Add(node.Clone());
        return graph;
    }

    private static string Waves(GraphCase c, string name) => c.FloatIn(name, -1, 1, 4, 2);
}
