namespace XlLoraOnnx.Training;

/// <summary>The matrix products of a graph, and how many threads may share them so that the bits are those of one thread.</summary>
/// <remarks>
/// ONNX Runtime's product on the CPU (MLAS, <c>MlasGemmBatch</c> of core/mlas/lib/sgemm.cpp) gives each thread rows of the result, or, where
/// there are more columns than rows, columns; and it adds up over K in slices, longer ones where a thread has few columns. So a thread with 64
/// columns or less rounds otherwise than one that has all, and so does the kernel for a single row. Steps of a usual size are far from
/// both; the last batch of an epoch, and small data, are not.
/// </remarks>
internal sealed class MatrixProducts
{
    private const int SliceOfK = 128, FewColumns = 64, ColumnsOfABlock = 16;

    private readonly TrainingGraph _graph;
    private readonly NodeProto[] _nodes;
    private readonly Dictionary<(string, int), int> _found = [];

    public MatrixProducts(TrainingGraph graph)
    {
        _graph = graph;
        _nodes = [.. graph.Proto.Node.Where(n => n.OpType is "MatMul" or "FusedMatMul" or "Gemm")];
    }

    /// <summary>The largest number that gives the bits of one.</summary>
    /// <param name="symbols">Values of the symbols of shapes.</param>
    /// <param name="most">At least 1.</param>
    /// <exception cref="NotSupportedException">The shape of a product is not known.</exception>
    public int Threads(IReadOnlyDictionary<string, long> symbols, int most)
    {
        var key = (string.Join(' ', symbols.Select(s => $"{s.Key}={s.Value}")), most);
        if (_found.TryGetValue(key, out var found))
            return found;
        var sizes = new ValueSizes(_graph, symbols);
        var products = _nodes.Select(n => Of(n, sizes)).Distinct().ToArray();
        var threads = most;
        while (!products.All(p => p.IsTheSame(threads)))
            threads--;
        return _found[key] = threads;
    }

    private static Product Of(NodeProto node, ValueSizes sizes)
    {
        var (a, b) = (sizes.Numbers(node.Input[0]), sizes.Numbers(node.Input[1]));
        var (isATurned, isBTurned) = (ShapeRules.Attribute(node, "transA") != 0, ShapeRules.Attribute(node, "transB") != 0);
        var (m, k) = isATurned ? (a[^1], a[^2]) : (a[^2], a[^1]);
        var n = isBTurned ? b[^2] : b[^1];
        var products = a[..^2].Aggregate(1L, (count, dim) => count * dim);
        // with one matrix for all, their rows are those of one product
        return b.Length == 2 && !isATurned ? new Product(1, products * m, k, n)
            : new Product(Math.Max(products, b[..^2].Aggregate(1L, (count, dim) => count * dim)), m, k, n);
    }

    /// <param name="Count">Products of that size at once: they are dealt out before any is shared.</param>
    private readonly record struct Product(long Count, long M, long K, long N)
    {
        public bool IsTheSame(int threads)
        {
            var each = threads / Count;
            if (each <= 1)
                return true;
            if (N <= M)
                return M / each > 1;
            var blocks = (N + ColumnsOfABlock - 1) / ColumnsOfABlock;
            each = Math.Min(each, blocks);
            // the last block may have one column
            return K <= SliceOfK || blocks / each * ColumnsOfABlock - (ColumnsOfABlock - 1) > FewColumns;
        }
    }
}
