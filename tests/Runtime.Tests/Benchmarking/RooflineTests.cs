using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class RooflineTests
{
    private static readonly DecoderWork Work = new()
    {
        WeightBytes = 1000,
        LayerOperations = 800,
        HeadOperations = 200,
        PositionBytes = 10,
        Window = null,
        HasIntegers = false,
    };

    private static readonly GenerationBenchmarkOptions Options = new() { PromptTokens = 10, SharedTokens = 6, NewTokens = 3 };

    [TestMethod]
    public void Bound_SlowMemory_IsWhatReadingWeightsAndCachesTakes()
    {
        var roofline = Of(bytesPerSecond: 100, operationsPerSecond: 1e12);

        var (rate, isMemory) = roofline.Bound(Work, rows: 2, Options);

        // weights three times; keys and values of 11 and of 12 positions, twice
        Assert.AreEqual(2 * 3 / ((3 * 1000 + 2 * (11 + 12) * 10) / 100.0), rate, 1e-9);
        Assert.IsTrue(isMemory);
    }

    [TestMethod]
    public void Bound_SlowArithmetic_IsWhatPromptsAndTokensTake()
    {
        var roofline = Of(bytesPerSecond: 1e12, operationsPerSecond: 100);

        var (rate, isMemory) = roofline.Bound(Work, rows: 2, Options);

        // of each row 4 tokens of the prompt through the layers, its last one and two more through the head
        Assert.AreEqual(2 * 3 / (2 * (4 * 800 + 200 + 2 * 1000) / 100.0), rate, 1e-9);
        Assert.IsFalse(isMemory);
    }

    [TestMethod]
    public void Bound_Window_ReadsNoMorePositionsThanItHas()
    {
        var roofline = Of(bytesPerSecond: 100, operationsPerSecond: 1e12);

        var (rate, _) = roofline.Bound(Work with { Window = 5 }, rows: 1, Options);

        Assert.AreEqual(3 / ((3 * 1000 + (5 + 5) * 10) / 100.0), rate, 1e-9);
    }

    [TestMethod]
    public void Measure_ThisMachine_ReadsAndMultiplies()
    {
        var roofline = Roofline.Measure(Work);

        Assert.IsGreaterThan(1e8, roofline.BytesPerSecond);
        Assert.IsGreaterThan(1e8, roofline.OperationsPerSecond);
        Assert.AreEqual((1000L, 1000L), (roofline.WeightBytes, roofline.OperationsPerToken));
    }

    [TestMethod]
    public void ProductGraph_Integers_IsTheProduct()
    {
        using var session = new InferenceSession(ProductGraph.Integers(rows: 3, size: 2));
        using var a = OrtValue.CreateTensorValueFromMemory<byte>([1, 2, 3, 4, 5, 255], [3, 2]);
        using var b = OrtValue.CreateTensorValueFromMemory<sbyte>([1, -1, 2, 3], [2, 2]);

        using var y = session.Run(new RunOptions(), ["a", "b"], [a, b], ["y"]);

        CollectionAssert.AreEqual(new[] { 5, 5, 11, 9, 515, 760 }, y[0].GetTensorDataAsSpan<int>().ToArray());
        Assert.AreEqual(TensorElementType.Int32, y[0].GetTensorTypeAndShape().ElementDataType);
    }

    private static Roofline Of(double bytesPerSecond, double operationsPerSecond) => new()
    {
        BytesPerSecond = bytesPerSecond,
        OperationsPerSecond = operationsPerSecond,
        WeightBytes = Work.WeightBytes,
        OperationsPerToken = Work.LayerOperations + Work.HeadOperations,
    };
}
