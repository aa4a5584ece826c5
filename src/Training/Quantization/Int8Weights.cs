using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>round(127 w / absmax) of each output feature, as bitsandbytes stores a weight (functional.py, int8_vectorwise_quant).</summary>
internal sealed class Int8Weights : WeightQuantization
{
    private const string Codes = "_int8", Scales = "_scales";
    private const float Largest = 127;

    public override IReadOnlyList<QuantizedPart> Parts(int rows, int columns) =>
        [new(Codes, OnnxType.Int8, [rows, columns]), new(Scales, OnnxType.Float, [rows, 1])];

    public override OrtValue[] Quantize(ReadOnlySpan<float> weight, int rows, int columns)
    {
        var (codes, scales) = (new sbyte[weight.Length], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            var values = weight.Slice(row * columns, columns);
            var absMax = Math.Abs(TensorPrimitives.MaxMagnitude(values));
            var factor = absMax > 0 ? Largest / absMax : 0;
            if (!float.IsFinite(factor))
                factor = 0;
            scales[row] = absMax / Largest;
            for (var i = 0; i < columns; i++)
                codes[row * columns + i] = (sbyte)MathF.Round(values[i] * factor);
        }
        return [OrtValue.CreateTensorValueFromMemory(codes, [rows, columns]), OrtValue.CreateTensorValueFromMemory(scales, [rows, 1])];
    }

    public override string Dequantize(TrainingGraph graph, string name, int rows, int columns, string before) =>
        graph.Add("Mul", [Float(graph, Waiting(graph, name + Codes, before, rows, columns)), name + Scales]);
}
