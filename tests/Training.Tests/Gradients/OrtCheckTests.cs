namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class OrtCheckTests
{
    [TestMethod]
    public void Check_GraphOfSeveralNodes_IsAsInterpreted()
    {
        var c = new GraphCase().Symbol("batch", 3);
        var hidden = c.Node("Tanh", [c.Node("MatMul", [c.Float("x", 3, 4), c.Float("w", 4, 5)])]);
        var loss = c.Loss(c.Node("LogSoftmax", [hidden]));
        OrtCheck.Check(c.Graph, c.Inputs, [hidden, loss]);
    }

    [TestMethod]
    public void Check_InitializerThatAnInputStandsInFor_IsAsInterpreted()
    {
        var c = new GraphCase();
        var initializer = Tensor64.Floats([0, 3]).ToProto();
        initializer.Name = c.Float("lora", 2, 3);
        c.Graph.Initializer.Add(initializer);
        c.Graph.Input[0].Type.TensorType.Shape.Dim[0].DimParam = "rank";
        OrtCheck.Check(c.Graph, c.Inputs, [c.Node("Neg", ["lora"])]);
    }

    [TestMethod]
    public void Same_ElementOutOfTolerance_FailsAndNamesIt()
    {
        var e = Assert.ThrowsExactly<AssertFailedException>(
            () => OrtCheck.Same("y", Tensor64.Floats([2], 1, 2), Tensor64.Floats([2], 1, 2.001), _ => 1e-4));
        StringAssert.Contains(e.Message, "'y'", StringComparison.Ordinal);
        StringAssert.Contains(e.Message, "[1]", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Same_NoNumber_Fails() => Assert.ThrowsExactly<AssertFailedException>(
        () => OrtCheck.Same("y", Tensor64.Floats([1], 1), Tensor64.Floats([1], double.NaN), _ => 1e-4));

    [TestMethod]
    public void Same_WholeNumbersThatDiffer_Fail() => Assert.ThrowsExactly<AssertFailedException>(
        () => OrtCheck.Same("y", Tensor64.Longs([1], 1), Tensor64.Longs([1], 2), _ => 10));

    [TestMethod]
    public void Same_OtherShape_Fails() => Assert.ThrowsExactly<AssertFailedException>(
        () => OrtCheck.Same("y", Tensor64.Floats([2], 1, 2), Tensor64.Floats([2, 1], 1, 2), _ => 1e-4));
}
