namespace XlLoraOnnx.Evaluation;

/// <summary>Rows of a matrix, in an order of their own and perhaps several times, without a copy.</summary>
/// <param name="Chosen">Rows of the matrix; null for all in their order.</param>
internal readonly record struct VectorRows(EmbeddingMatrix Matrix, int[]? Chosen = null)
{
    public int Count => Chosen?.Length ?? Matrix.Rows;

    public int Dimension => Matrix.Dimension;

    public ReadOnlySpan<float> this[int index] => Matrix[Chosen is null ? index : Chosen[index]];
}
