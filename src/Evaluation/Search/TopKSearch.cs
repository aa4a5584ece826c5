using System.Numerics.Tensors;
using System.Runtime.ExceptionServices;

namespace XlLoraOnnx.Evaluation;

/// <summary>Exact search by cosine: the best k documents of every query. Never the whole score matrix.</summary>
/// <remarks>
/// Queries come in blocks of up to 1,024; all cores take panels of 96 documents from a shared counter. A panel is normalised and packed
/// once (L2), cut into tiles of a few documents (L1), and meets the queries of the block four at a time. Each worker keeps heaps of its
/// own; they are merged at the end. Score and row order every two documents, so the result does not depend on who did what.
/// </remarks>
public static class TopKSearch
{
    private const int MaxQueriesPerBlock = 1024;
    private const int QueriesPerPart = 128;
    private const int DocumentsPerPanel = 96;
    private const int TileBytes = 18 * 1024;
    private const long MaxHeapBytes = 256L << 20;

    /// <summary>For each query the rows of its best documents, best first; documents of equal score in the order of their rows.</summary>
    /// <param name="queries">Finite vectors, none of length zero.</param>
    /// <param name="documents">Finite vectors, none of length zero.</param>
    /// <param name="k">Documents for each query; all of them if there are fewer.</param>
    /// <param name="progress">Told how many queries are done.</param>
    /// <param name="cancellationToken">Checked every few documents.</param>
    /// <exception cref="ArgumentException">Dimensions differ, or a vector is zero or not finite.</exception>
    public static SearchHit[][] Search(
        EmbeddingMatrix queries, EmbeddingMatrix documents, int k, IProgress<long>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(documents);
        return Search(new VectorRows(queries), new VectorRows(documents), k, progress, cancellationToken);
    }

    internal static SearchHit[][] Search(
        VectorRows queries, VectorRows documents, int k, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (queries.Dimension != documents.Dimension)
            throw new ArgumentException($"Queries have {queries.Dimension} numbers a vector, documents {documents.Dimension}.");
        k = Math.Max(1, Math.Min(k, documents.Count));
        int workers = Environment.ProcessorCount;
        int block = (int)Math.Clamp(MaxHeapBytes / (8L * k * workers) / 4 * 4, 4, MaxQueriesPerBlock);
        var results = new SearchHit[queries.Count][];
        for (int first = 0; first < queries.Count; first += block)
        {
            int count = Math.Min(block, queries.Count - first);
            var heaps = SearchBlock(Pack(queries, first, count, ScoreKernel.Queries), documents, count, k, workers, cancellationToken);
            for (int query = 0; query < count; query++)
                results[first + query] = Merge(heaps, query, k);
            progress?.Report(first + count);
        }
        return results;
    }

    /// <summary>Rows of length 1, padded with zeros to whole lanes and to a multiple of <paramref name="multiple"/> rows.</summary>
    private static float[] Pack(VectorRows vectors, int first, int count, int multiple)
    {
        int stride = Stride(vectors);
        var packed = new float[(count + multiple - 1) / multiple * multiple * stride];
        PackInto(packed, vectors, first, count, stride);
        return packed;
    }

    private static void PackInto(float[] packed, VectorRows vectors, int first, int count, int stride)
    {
        for (int i = 0; i < count; i++)
        {
            var row = vectors[first + i];
            var norm = TensorPrimitives.Norm(row);
            if (!(norm > 0 && float.IsFinite(norm)))
                throw new ArgumentException($"Vector {first + i} has length {norm}; its direction, and so its cosine, is not defined.");
            TensorPrimitives.Divide(row, norm, packed.AsSpan(i * stride, row.Length));
        }
    }

    private static int Stride(VectorRows vectors) => (vectors.Dimension + ScoreKernel.Lanes - 1) / ScoreKernel.Lanes * ScoreKernel.Lanes;

    private static TopKHeaps[] SearchBlock(
        float[] queries, VectorRows documents, int count, int k, int workers, CancellationToken cancellationToken)
    {
        var heaps = new TopKHeaps[workers];
        int next = 0;
        Each(workers, worker =>
        {
            var mine = heaps[worker] = new TopKHeaps(count, k);
            int stride = Stride(documents);
            var panel = new float[DocumentsPerPanel * stride];
            int first;
            while ((first = (Interlocked.Increment(ref next) - 1) * DocumentsPerPanel) < documents.Count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int rows = Math.Min(DocumentsPerPanel, documents.Count - first);
                PackInto(panel, documents, first, rows, stride);
                SearchPanel(queries, count, panel, first, rows, stride, mine);
            }
        });
        return heaps;
    }

    /// <summary>One failure comes out as itself, not as one of several that might have been.</summary>
    private static void Each(int workers, Action<int> work)
    {
        try
        {
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, work);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private static void SearchPanel(float[] queries, int count, float[] panel, int first, int rows, int stride, TopKHeaps heaps)
    {
        int tile = Math.Max(1, TileBytes / (stride * sizeof(float) * ScoreKernel.Documents)) * ScoreKernel.Documents;
        for (int part = 0; part < count; part += QueriesPerPart)
        {
            int end = Math.Min(part + QueriesPerPart, count);
            for (int start = 0; start < rows; start += tile)
                SearchTile(queries, part, end, panel, start, Math.Min(start + tile, rows), first, stride, heaps);
        }
    }

    private static void SearchTile(
        float[] queries, int firstQuery, int endQuery, float[] panel, int firstRow, int endRow, int offset, int stride, TopKHeaps heaps)
    {
        Span<float> scores = stackalloc float[ScoreKernel.Documents * ScoreKernel.Queries];
        var thresholds = heaps.Thresholds;
        for (int query = firstQuery; query < endQuery; query += ScoreKernel.Queries)
        {
            var four = queries.AsSpan(query * stride, ScoreKernel.Queries * stride);
            int realQueries = Math.Min(ScoreKernel.Queries, endQuery - query);
            for (int row = firstRow; row < endRow; row += ScoreKernel.Documents)
            {
                // Rows behind the last one hold what was there before; their scores are not looked at.
                ScoreKernel.Multiply(four, panel.AsSpan(row * stride, ScoreKernel.Documents * stride), stride, scores);
                int realRows = Math.Min(ScoreKernel.Documents, endRow - row);
                for (int i = 0; i < realRows; i++)
                {
                    for (int j = 0; j < realQueries; j++)
                    {
                        if (scores[i * ScoreKernel.Queries + j] >= thresholds[query + j])
                            heaps.Offer(query + j, scores[i * ScoreKernel.Queries + j], offset + row + i);
                    }
                }
            }
        }
    }

    private static SearchHit[] Merge(TopKHeaps[] heaps, int query, int k)
    {
        var found = new List<SearchHit>();
        foreach (var heap in heaps)
            heap?.AddTo(query, found);
        found.Sort(TopKHeaps.BestFirst);
        return [.. found.Take(k)];
    }
}
