using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>A tensor that is trained: float32 in native memory, which graphs read where it lies.</summary>
/// <remarks>Who changes it does so between two runs of a graph.</remarks>
internal sealed unsafe class Parameter : IDisposable
{
    private readonly float* _values;

    /// <param name="name">Of the input of the graph, e.g. <c>model.encoder.layer.0.output.dense.weight</c>.</param>
    /// <param name="isTable">Only looked up row by row: [rows, width]. Its gradients are rows.</param>
    /// <param name="isTied">A table that is multiplied with, too.</param>
    public Parameter(string name, ReadOnlySpan<long> shape, bool isTable = false, bool isTied = false)
    {
        (Name, Shape, IsTable, IsLookedUp) = (name, shape.ToArray(), isTable && !isTied, isTable);
        var length = 1L;
        foreach (var dim in shape)
            length = checked(length * dim);
        Length = checked((int)length);
        _values = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), 64);
        Tensor = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance,
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, Shape, (nint)_values, length * sizeof(float));
    }

    public string Name { get; }

    public long[] Shape { get; }

    /// <summary>Only looked up row by row, so that the gradient of a step is rows.</summary>
    public bool IsTable { get; }

    /// <summary>Looked up row by row. Tied to a head it is no table: a softmax gives every row a gradient.</summary>
    public bool IsLookedUp { get; }

    /// <summary>Elements.</summary>
    public int Length { get; }

    /// <summary>Elements of a row: of the last axis.</summary>
    public int Width => (int)Shape[^1];

    public Span<float> Values => new(_values, Length);

    /// <summary>The same memory, for a graph.</summary>
    public OrtValue Tensor { get; }

    public void Dispose()
    {
        Tensor.Dispose();
        NativeMemory.AlignedFree(_values);
    }
}
