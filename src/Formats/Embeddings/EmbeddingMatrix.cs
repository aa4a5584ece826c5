namespace XlLoraOnnx.Formats;

/// <summary>Vectors of texts, one row a text, in one block of memory.</summary>
public sealed class EmbeddingMatrix
{
    private readonly float[] _values;

    /// <param name="rows">Number of texts.</param>
    /// <param name="dimension">Numbers of a vector.</param>
    /// <param name="values">rows × dimension numbers, row by row; kept, not copied.</param>
    public EmbeddingMatrix(int rows, int dimension, float[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        if (values.LongLength != (long)rows * dimension)
            throw new ArgumentException($"{values.LongLength} numbers are not {rows} rows of {dimension}.", nameof(values));
        (Rows, Dimension, _values) = (rows, dimension, values);
    }

    /// <summary>Number of texts.</summary>
    public int Rows { get; }

    /// <summary>Numbers of a vector.</summary>
    public int Dimension { get; }

    /// <summary>All rows: [rows, dimension].</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>The vector of one text: [dimension].</summary>
    public ReadOnlySpan<float> this[int row]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(row);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
            return _values.AsSpan(row * Dimension, Dimension);
        }
    }
}
