using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class WeightQuantizationTests
{
    [TestMethod]
    [DataRow(AdapterBasePrecision.Int8, 8, 64)]
    [DataRow(AdapterBasePrecision.Nf4, 8, 64)]
    [DataRow(AdapterBasePrecision.Nf4, 300, 128)]
    [DataRow(AdapterBasePrecision.Nf4, 5, 30)]
    public void Dequantize_InTheGraph_IsWithinHalfAStepOfTheWeight(AdapterBasePrecision precision, int rows, int columns)
    {
        var weight = Weight(rows, columns);

        var restored = Restored(WeightQuantization.Of(precision)!, weight, rows, columns);

        // int8: 254 steps over twice the absmax; nf4: the widest gap between values is 0.31, and scales are off by a percent or so
        var error = (precision == AdapterBasePrecision.Int8 ? 0.5f / 127 : 0.18f) * weight.Max(MathF.Abs);
        for (var i = 0; i < weight.Length; i++)
            Assert.AreEqual(weight[i], restored[i], error, $"[{i}]");
        Assert.IsGreaterThan(0f, weight.Zip(restored, (a, b) => Math.Abs(a - b)).Max());
    }

    [TestMethod]
    public void Dequantize_Int8_IsTheRoundedShareOfTheLargest()
    {
        float[] restored = Restored(WeightQuantization.Of(AdapterBasePrecision.Int8)!, [1f, -2f, 0.5f, 0f, 0f, 0f], 2, 3);

        CollectionAssert.AreEqual((float[])[64 * (2f / 127), -127 * (2f / 127), 32 * (2f / 127), 0, 0, 0], restored);
    }

    [TestMethod]
    public void Parts_OfALargeWeight_TakeLittleMoreThanTheirBits()
    {
        const int Rows = 2048, Columns = 1024;
        var elements = (double)Rows * Columns;

        var nf4 = WeightQuantization.Of(AdapterBasePrecision.Nf4)!.Parts(Rows, Columns).Sum(p => p.Bytes) * 8 / elements;
        var int8 = WeightQuantization.Of(AdapterBasePrecision.Int8)!.Parts(Rows, Columns).Sum(p => p.Bytes) * 8 / elements;

        // QLoRA, section 3: 0.127 bits for the constants of a parameter
        Assert.AreEqual(4.127, nf4, 0.001);
        Assert.AreEqual(8.03, int8, 0.01);
    }

    [TestMethod]
    public void Values_OfTheDynamicMap_AreThoseOfBitsandbytes()
    {
        Assert.HasCount(256, DynamicMap.Values);
        Assert.AreEqual(1f, DynamicMap.Values[^1]);
        Assert.AreEqual(-0.99296875f, DynamicMap.Values[0], 1e-6f);
        Assert.AreEqual(0f, DynamicMap.Values[127]);
        Assert.AreEqual(5.5e-7f, DynamicMap.Values[128], 1e-9f);
        CollectionAssert.AreEqual(DynamicMap.Values.Order().ToArray(), DynamicMap.Values);
    }

    [TestMethod]
    public void Quantize_OfTheDynamicMap_ChoosesTheNearest()
    {
        float[] block = [.. TrainingSteps.Numbers(256, stream: 3).Select(v => 2 * v)];
        var codes = new byte[block.Length];

        var scale = DynamicMap.Quantize(block, codes);

        for (var i = 0; i < block.Length; i++)
        {
            var nearest = DynamicMap.Values.Min(v => Math.Abs(v * scale - block[i]));
            Assert.AreEqual(nearest, Math.Abs(DynamicMap.Values[codes[i]] * scale - block[i]), 1e-6f);
        }
    }

    private static float[] Weight(int rows, int columns) => [.. TrainingSteps.Numbers(rows * columns, stream: 7)];

    /// <summary>Through ONNX Runtime.</summary>
    internal static float[] Restored(WeightQuantization quantization, ReadOnlySpan<float> weight, int rows, int columns)
    {
        var graph = new TrainingGraph();
        graph.Input("x", OnnxType.Float, "n");
        var parts = quantization.Parts(rows, columns);
        foreach (var part in parts)
            graph.Input("w" + part.Suffix, part.Type, [.. part.Shape.Select(d => (Dim)d)]);
        var restored = quantization.Dequantize(graph, "w", rows, columns, "x");
        graph.Output(restored);
        using var session = new GraphSession(graph, threads: 1);
        using var feed = new StepFeed([]);
        feed.Add("x", OrtValue.CreateTensorValueFromMemory(new float[3], [3]));
        foreach (var (part, value) in parts.Zip(quantization.Quantize(weight, rows, columns)))
            feed.Add("w" + part.Suffix, value);
        using var results = session.Run(feed.Values, [restored]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
