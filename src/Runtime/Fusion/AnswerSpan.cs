namespace XlLoraOnnx.Runtime;

/// <summary>Tokens of a text that answer a question.</summary>
/// <param name="First">Its place among all ids of the row.</param>
/// <param name="Last">The last one of the answer.</param>
/// <param name="Score">Probability of both together.</param>
internal readonly record struct AnswerSpan(int First, int Last, double Score)
{
    /// <summary>The likeliest one that ends where it begins or later, and lies in the context.</summary>
    /// <returns>Null where no token of the context was read.</returns>
    public static AnswerSpan? Best(double[] starts, double[] ends, Range context, int maxTokens)
    {
        AnswerSpan? best = null;
        for (var first = context.Start.Value; first < context.End.Value; first++)
        {
            var end = Math.Min(context.End.Value, first + maxTokens);
            for (var last = first; last < end; last++)
            {
                if (starts[first] * ends[last] is var score && !(score <= best?.Score))
                    best = new AnswerSpan(first, last, score);
            }
        }
        return best;
    }
}
