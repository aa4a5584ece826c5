namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class OnnxGraphTests
{
    [TestMethod]
    public void Node_InputThatNothingMakes_IsRefused()
    {
        var graph = new OnnxGraph();
        var x = graph.Input("x", OnnxType.Float, "n");

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => graph.Add("/sum", x, "y"));

        StringAssert.Contains(error.Message, "'y'");
    }

    [TestMethod]
    public void Node_SecondValueOfTheSameName_IsRefused()
    {
        var graph = new OnnxGraph();
        graph.Input("x", OnnxType.Float, "n");

        Assert.ThrowsExactly<InvalidOperationException>(() => graph.Input("x", OnnxType.Float, "n"));
    }

    [TestMethod]
    public void Constant_AskedForTwice_IsMadeOnce()
    {
        var graph = new OnnxGraph();

        Assert.AreEqual(graph.Constant([1L]), graph.Constant([1L]));
        Assert.AreNotEqual(graph.Constant([1L]), graph.Constant(1L));
        Assert.HasCount(2, graph.Proto.Node);
    }

    [TestMethod]
    public void OptionalInput_Always_HasAnInlineInitializerWithoutElements()
    {
        var graph = new OnnxGraph();

        graph.OptionalInput("a", OnnxType.Float, [4, "r"], [4, 0]);

        var initializer = graph.Proto.Initializer.Single();
        CollectionAssert.AreEqual((long[])[4, 0], initializer.Dims);
        Assert.IsTrue(initializer.HasRawData && !initializer.HasDataLocation);
        Assert.AreEqual("r", graph.Proto.Input.Single().Type.TensorType.Shape.Dim[1].DimParam);
        Assert.IsEmpty(graph.ExternalTensors);
    }

    [TestMethod]
    public void ToModel_Always_DeclaresVersionsThatTheRuntimeReads()
    {
        var model = new OnnxGraph().ToModel("1.2.3");

        Assert.AreEqual(10, model.IrVersion);
        CollectionAssert.AreEqual((string[])["=21", "com.microsoft=1"], model.OpsetImport.Select(o => $"{o.Domain}={o.Version}").ToArray());
    }
}
