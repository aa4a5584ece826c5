namespace XlLoraOnnx.Runtime;

/// <summary>
/// Layers that see a window alone, and what ONNX Runtime's GroupQueryAttention keeps of them in a rolling buffer (arXiv 2310.06825, section
/// 2): positions in their order from the first it has. When the buffer is full, what the next token sees moves to its beginning.
/// </summary>
/// <param name="Window">Positions that a token sees, itself included.</param>
/// <param name="Layers">In which it is so.</param>
internal sealed record RollingLayers(int Window, IReadOnlySet<int> Layers)
{
    /// <summary>What moves costs less the more rarely it does: with an eighth on top, a layer's step reads 1 % more.</summary>
    private const int Slack = 8;

    private const int LeastSlack = 8;

    /// <summary>Positions of a buffer.</summary>
    public int Capacity { get; } = (Window + Math.Max(LeastSlack, Window / Slack) + LeastSlack - 1) / LeastSlack * LeastSlack;

    /// <summary>First position in the buffer when so many have been written; it lies at the beginning.</summary>
    /// <remarks>A function of the length alone, however they were written; ONNX Runtime 1.29, CPU, measured for many lengths.</remarks>
    public int FirstKept(int length)
    {
        if (length <= Capacity)
            return 0;
        var moved = Capacity - Window + 1;
        return (length - Capacity + moved - 1) / moved * moved;
    }
}
