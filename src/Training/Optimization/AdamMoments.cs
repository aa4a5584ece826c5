using System.Numerics;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Training;

/// <summary>What AdamW keeps of a parameter: torch's <c>exp_avg</c>, <c>exp_avg_sq</c> and <c>step</c>.</summary>
/// <remarks>The memory comes as zeros from the system, which gives pages when they are written: rows of a table that are never touched
/// take none.</remarks>
internal sealed unsafe class AdamMoments : IDisposable
{
    private readonly float* _first;
    private readonly float* _second;
    private readonly byte[] _touched;

    public AdamMoments(Parameter parameter)
    {
        Parameter = parameter;
        _first = (float*)NativeMemory.AllocZeroed((nuint)parameter.Length, sizeof(float));
        _second = (float*)NativeMemory.AllocZeroed((nuint)parameter.Length, sizeof(float));
        _touched = new byte[parameter.IsTable ? (parameter.Length / Math.Max(1, parameter.Width) + 7) / 8 : 0];
    }

    public Parameter Parameter { get; }

    /// <summary>In which there was a gradient.</summary>
    public long Steps { get; set; }

    /// <summary>Moving average of the gradient, as long as the parameter.</summary>
    public Span<float> First => new(_first, Parameter.Length);

    /// <summary>Moving average of its square.</summary>
    public Span<float> Second => new(_second, Parameter.Length);

    /// <summary>Of a table, a bit for each row that had a gradient, from the lowest bit of the first byte on.</summary>
    public Span<byte> Touched => _touched;

    public int TouchedCount => _touched.Sum(b => BitOperations.PopCount(b));

    public bool IsTouched(int row) => (_touched[row >> 3] >> (row & 7) & 1) != 0;

    /// <summary>The rows of a table that had a gradient, in their order.</summary>
    public IEnumerable<int> TouchedRows() => Enumerable.Range(0, _touched.Length * 8).Where(IsTouched);

    /// <summary>Notes which rows a step concerns.</summary>
    /// <returns>Whether the parameter has a gradient at all; if not, nothing of it changes.</returns>
    public bool Begin(ParameterGradient gradient)
    {
        if (!Parameter.IsTable && gradient.Dense.IsEmpty)
            return false;
        foreach (var row in gradient.Rows.Keys)
            _touched[row >> 3] |= (byte)(1 << (row & 7));
        Steps++;
        return true;
    }

    /// <param name="gradient">Of the elements from <paramref name="start"/> on.</param>
    public void Apply(AdamUpdate update, int start, ReadOnlySpan<float> gradient)
    {
        var count = gradient.Length;
        update.Apply(Parameter.Values.Slice(start, count), First.Slice(start, count), Second.Slice(start, count), gradient);
    }

    public void Dispose()
    {
        NativeMemory.Free(_first);
        NativeMemory.Free(_second);
    }
}
