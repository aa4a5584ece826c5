namespace XlLoraOnnx.Runtime.Tests;

/// <summary>The warpers of transformers as its documentation defines them: everything sorted, float64, no shortcut.</summary>
internal static class SamplingOracle
{
    /// <summary>The logits after the penalty.</summary>
    public static float[] Penalize(float[] logits, SamplingOptions options, int[] prompt, int[] generated)
    {
        float[] scores = [.. logits];
        foreach (int token in prompt.Concat(generated).Distinct())
            scores[token] = scores[token] < 0 ? scores[token] * options.RepetitionPenalty : scores[token] / options.RepetitionPenalty;
        return scores;
    }

    /// <summary>Token → probability of what is kept, by ascending id; and how close the cut of top-p was.</summary>
    public static (SortedDictionary<int, double> Kept, double Closest) Keep(float[] penalized, SamplingOptions options)
    {
        var scores = Enumerable.Range(0, penalized.Length).Select(i => (Id: i, Score: penalized[i] / options.Temperature))
            .OrderByDescending(t => t.Score).ThenBy(t => t.Id).ToList();
        if (options.TopK > 0 && options.TopK < scores.Count)
        {
            float least = scores[options.TopK - 1].Score;
            scores = [.. scores.TakeWhile(t => t.Score >= least)];
        }
        double closest = 1;
        if (options.TopP < 1)
            scores = TopP(scores, options.TopP, out closest);
        if (options.MinP > 0)
        {
            double highest = scores[0].Score;
            scores = [.. scores.Where((t, i) => i == 0 || Math.Exp(t.Score - highest) >= options.MinP)];
        }
        // Lower ones are 0, or nearly, in float32 too.
        scores = [.. scores.Where(t => t.Score - scores[0].Score >= -87)];
        var kept = scores.Zip(Softmax(scores)).ToDictionary(t => t.First.Id, t => t.Second);
        return (new SortedDictionary<int, double>(kept), closest);
    }

    /// <summary>The first token, by ascending id, whose cumulative probability is above the number.</summary>
    public static int Draw(SortedDictionary<int, double> kept, double number)
    {
        double sum = 0;
        foreach (var (id, probability) in kept)
        {
            sum += probability;
            if (sum > number)
                return id;
        }
        return kept.Keys.Last();
    }

    private static List<(int Id, float Score)> TopP(List<(int Id, float Score)> scores, float topP, out double closest)
    {
        double[] probabilities = Softmax(scores);
        var removable = (float)(1 - Math.Round((double)topP, 7));
        double cumulative = 0;
        closest = 1;
        int left = scores.Count;
        for (int i = scores.Count - 1; i > 0; i--)
        {
            cumulative += probabilities[i];
            if (cumulative != removable)
                closest = Math.Min(closest, Math.Abs(cumulative - removable));
            if ((float)cumulative > removable)
                break;
            left = i;
        }
        return scores[..left];
    }

    private static double[] Softmax(List<(int Id, float Score)> scores)
    {
        double[] weights = [.. scores.Select(t => Math.Exp((double)t.Score - scores[0].Score))];
        double sum = weights.Sum();
        return [.. weights.Select(w => w / sum)];
    }
}
