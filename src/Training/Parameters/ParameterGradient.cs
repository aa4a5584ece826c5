using System.Numerics.Tensors;

namespace XlLoraOnnx.Training;

/// <summary>The gradient of one parameter over a step: a sum, in the order in which its parts are added.</summary>
/// <remarks>Of a table it holds the rows that were looked up, and nothing of the others, which are zero.</remarks>
internal sealed class ParameterGradient(Parameter parameter)
{
    private readonly SortedDictionary<int, float[]> _rows = [];
    private float[] _dense = [];
    private bool _isThere;

    public Parameter Parameter { get; } = parameter;

    /// <summary>All elements; empty for a table, and before anything was added.</summary>
    public Span<float> Dense => _isThere ? _dense : [];

    /// <summary>Rows of a table in their order, each [width]; none for other parameters.</summary>
    public IReadOnlyDictionary<int, float[]> Rows => _rows;

    /// <param name="values">As many as the parameter has.</param>
    public void Add(ReadOnlySpan<float> values)
    {
        if (_isThere)
            TensorPrimitives.Add(_dense, values, _dense);
        else if (_dense.Length == values.Length)
            values.CopyTo(_dense);
        else
            _dense = values.ToArray();
        _isThere = true;
    }

    /// <summary>Of a table that is tied, they are added to all the elements.</summary>
    /// <param name="rows">Of the table; may repeat.</param>
    /// <param name="values">[rows, width]</param>
    public void AddRows(ReadOnlySpan<long> rows, ReadOnlySpan<float> values)
    {
        var width = Parameter.Width;
        if (!Parameter.IsTable)
            Begin();
        for (var i = 0; i < rows.Length; i++)
        {
            var part = values.Slice(i * width, width);
            if (!Parameter.IsTable)
                TensorPrimitives.Add(_dense.AsSpan((int)rows[i] * width, width), part, _dense.AsSpan((int)rows[i] * width, width));
            else if (_rows.TryGetValue((int)rows[i], out var sum))
                TensorPrimitives.Add(sum, part, sum);
            else
                _rows.Add((int)rows[i], part.ToArray());
        }
    }

    public void Clear()
    {
        _rows.Clear();
        // the memory serves the next step
        _isThere = false;
    }

    /// <summary>From zeros, if nothing was added yet.</summary>
    private void Begin()
    {
        if (_isThere)
            return;
        if (_dense.Length == Parameter.Length)
            Array.Clear(_dense);
        else
            _dense = new float[Parameter.Length];
        _isThere = true;
    }
}
