using ParquetSharp;
using ParquetSharp.Schema;

namespace XlLoraOnnx.Datasets;

/// <summary>Values of one column that wait for their row group.</summary>
internal abstract class ParquetBlock
{
    public abstract int Bytes { get; }

    /// <summary>As the schema has it.</summary>
    public abstract Node Node(string name);

    /// <exception cref="ArgumentException">The text is none of the column's.</exception>
    public abstract void Add(string text);

    /// <summary>Its own columns of the group, which are the next.</summary>
    public abstract void WriteTo(RowGroupWriter group);

    public abstract void Clear();
}
