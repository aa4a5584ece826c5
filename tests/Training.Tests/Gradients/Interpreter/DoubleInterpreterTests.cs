namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class DoubleInterpreterTests
{
    [TestMethod]
    public void Operators_All_AreComparedWithOnnxRuntime()
    {
        OperatorCases[] all =
        [
            ElementwiseOperatorsTests.Cases, ProductOperatorsTests.Cases, ReductionOperatorsTests.Cases, ShapeOperatorsTests.Cases,
            PartOperatorsTests.Cases, IndexOperatorsTests.Cases, NormalizationOperatorsTests.Cases, AttentionOperatorsTests.Cases,
        ];
        CollectionAssert.AreEquivalent(
            DoubleInterpreter.Operators.ToArray(), all.SelectMany(cases => cases.Operators).Distinct().ToArray());
    }

    [TestMethod]
    public void Run_UnknownOperator_IsNamed()
    {
        var c = new GraphCase();
        c.Node("com.microsoft.Riddle", [c.Float("x", 2)]);
        var e = Assert.ThrowsExactly<NotSupportedException>(() => c.Run());
        StringAssert.Contains(e.Message, "com.microsoft.Riddle", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Run_InputMissing_IsNamed()
    {
        var c = new GraphCase();
        c.Float("x", 2);
        var e = Assert.ThrowsExactly<ArgumentException>(() => DoubleInterpreter.Run(c.Graph, new Dictionary<string, Tensor64>()));
        StringAssert.Contains(e.Message, "'x'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Run_InputOfAnotherShape_Throws()
    {
        var c = new GraphCase();
        c.Float("x", 2);
        var inputs = new Dictionary<string, Tensor64> { ["x"] = Tensor64.Floats([3], 1, 2, 3) };
        Assert.ThrowsExactly<ArgumentException>(() => DoubleInterpreter.Run(c.Graph, inputs));
    }

    [TestMethod]
    public void Run_Initializer_IsReadUnlessAnInputStandsInForIt()
    {
        var c = new GraphCase();
        var weight = Tensor64.Floats([2], 3, 5).ToProto();
        weight.Name = "w";
        c.Graph.Initializer.Add(weight);
        var y = c.Node("Neg", ["w"]);
        CollectionAssert.AreEqual(new double[] { -3, -5 }, c.Run()[y].Values);
        var inputs = new Dictionary<string, Tensor64> { ["w"] = Tensor64.Floats([2], 1, 2) };
        CollectionAssert.AreEqual(new double[] { -1, -2 }, DoubleInterpreter.Run(c.Graph, inputs)[y].Values);
    }
}
