namespace XlLoraOnnx.Training.Tests;

/// <summary>Gradients that are known on paper, right and wrong.</summary>
[TestClass]
public sealed class FiniteDifferencesTests
{
    [TestMethod]
    [DataRow(5)]
    [DataRow(300)]
    public void CheckGradients_RightGradient_Passes(int size)
    {
        var (c, loss, withGradients, names) = SumOfCubes(size, factor: 3);
        c.CheckGradients(loss, withGradients, names);
    }

    [TestMethod]
    public void CheckGradients_OneGradientOfTwoInputs_Passes()
    {
        var c = new GraphCase();
        var sum = c.Node("Add", [c.Float("a", 2, 3), c.Float("b", 2, 3)]);
        var loss = c.Loss(sum);
        c.CheckGradients(loss, c.Graph, new Dictionary<string, string> { ["a"] = sum + ".weights", ["b"] = sum + ".weights" });
    }

    [TestMethod]
    public void CheckGradients_WrongByAFewMillionths_FailsAndNamesTheInput()
    {
        var (c, loss, withGradients, names) = SumOfCubes(5, factor: 3.00001f);
        var e = Assert.ThrowsExactly<AssertFailedException>(() => c.CheckGradients(loss, withGradients, names));
        StringAssert.Contains(e.Message, "'x'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Check_GradientOfAnotherShape_Fails()
    {
        var (c, loss, _, _) = SumOfCubes(5, factor: 3);
        Assert.ThrowsExactly<AssertFailedException>(
            () => FiniteDifferences.Check(c.Graph, loss, "x", c.Inputs, Tensor64.Floats([1], 0)));
    }

    [TestMethod]
    public void Check_GradientThatIsNoNumber_Fails()
    {
        var (c, loss, _, _) = SumOfCubes(1, factor: 3);
        Assert.ThrowsExactly<AssertFailedException>(
            () => FiniteDifferences.Check(c.Graph, loss, "x", c.Inputs, Tensor64.Floats([1], double.NaN)));
    }

    [TestMethod]
    public void Check_GradientMissing_Fails()
    {
        var (c, loss, withGradients, _) = SumOfCubes(1, factor: 3);
        Assert.ThrowsExactly<AssertFailedException>(() => FiniteDifferences.Check(
            c.Graph, loss, ["x"], c.Inputs, new Dictionary<string, string>(), withGradients));
    }

    /// <summary>Σ w · x³, whose gradient is 3 · w · x².</summary>
    private static (GraphCase Case, string Loss, GraphProto WithGradients, Dictionary<string, string> Names) SumOfCubes(
        int size, float factor)
    {
        var c = new GraphCase().Symbol("n", size);
        var x = c.Float("x", size);
        var square = c.Node("Mul", [x, x]);
        var cube = c.Node("Mul", [square, x]);
        var loss = c.Loss(cube);
        var longer = new GraphCase();
        longer.Graph.MergeFrom(c.Graph);
        var weighted = longer.Node("Mul", [square, cube + ".weights"]);
        var gradient = longer.Node("Mul", [weighted, longer.Constant(factor)]);
        return (c, loss, longer.Graph, new Dictionary<string, string> { [x] = gradient });
    }
}
