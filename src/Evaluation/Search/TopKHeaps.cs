namespace XlLoraOnnx.Evaluation;

/// <summary>The best k documents of each of some queries so far; of equal scores the lower row is better.</summary>
internal sealed class TopKHeaps(int queries, int k)
{
    private readonly float[] _scores = new float[queries * k];
    private readonly int[] _rows = new int[queries * k];
    private readonly int[] _counts = new int[queries];
    private readonly float[] _thresholds = CreateThresholds(queries);

    /// <summary>Scores below it need not be offered: [queries].</summary>
    public ReadOnlySpan<float> Thresholds => _thresholds;

    /// <summary>Takes the document if it is among the best k. The worst one kept lies on top of the query's heap.</summary>
    public void Offer(int query, float score, int row)
    {
        var scores = _scores.AsSpan(query * k, k);
        var rows = _rows.AsSpan(query * k, k);
        int count = _counts[query];
        if (count < k)
        {
            Rise(scores, rows, count, score, row);
            _counts[query] = ++count;
            if (count == k)
                _thresholds[query] = scores[0];
        }
        else if (IsBetter(score, row, scores[0], rows[0]))
        {
            Sink(scores, rows, score, row);
            _thresholds[query] = scores[0];
        }
    }

    /// <summary>Adds what the query has here to a list.</summary>
    public void AddTo(int query, List<SearchHit> found)
    {
        for (int i = query * k, end = i + _counts[query]; i < end; i++)
            found.Add(new SearchHit(_rows[i], _scores[i]));
    }

    public static int BestFirst(SearchHit left, SearchHit right)
    {
        int byScore = right.Score.CompareTo(left.Score);
        return byScore != 0 ? byScore : left.Document.CompareTo(right.Document);
    }

    private static bool IsBetter(float score, int row, float thanScore, int thanRow) =>
        score > thanScore || (score == thanScore && row < thanRow);

    private static void Rise(Span<float> scores, Span<int> rows, int place, float score, int row)
    {
        while (place > 0)
        {
            int parent = (place - 1) / 2;
            if (!IsBetter(scores[parent], rows[parent], score, row))
                break;
            (scores[place], rows[place]) = (scores[parent], rows[parent]);
            place = parent;
        }
        (scores[place], rows[place]) = (score, row);
    }

    private static void Sink(Span<float> scores, Span<int> rows, float score, int row)
    {
        int place = 0;
        for (int child; (child = 2 * place + 1) < scores.Length; place = child)
        {
            if (child + 1 < scores.Length && IsBetter(scores[child], rows[child], scores[child + 1], rows[child + 1]))
                child++;
            if (!IsBetter(score, row, scores[child], rows[child]))
                break;
            (scores[place], rows[place]) = (scores[child], rows[child]);
        }
        (scores[place], rows[place]) = (score, row);
    }

    private static float[] CreateThresholds(int queries)
    {
        var thresholds = new float[queries];
        Array.Fill(thresholds, float.NegativeInfinity);
        return thresholds;
    }
}
