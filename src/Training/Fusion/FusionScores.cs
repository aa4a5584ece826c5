namespace XlLoraOnnx.Training;

/// <summary>What dev data says of weights: the metric of the task first, then the mean log-likelihood of a label.</summary>
internal sealed class FusionScores(TextTask task)
{
    private readonly List<(long Expected, long Found)> _labels = [];
    private double _loss;
    private int _right;

    /// <param name="loss">The mean over the rows.</param>
    /// <param name="logits">Of the classes, or of first and of last tokens.</param>
    public void Add(FusionBatch batch, double loss, IReadOnlyList<float[]> logits)
    {
        _loss += loss * batch.Rows;
        var (firsts, lasts) = (Best(logits[0], batch.Rows), logits.Count > 1 ? Best(logits[1], batch.Rows) : batch.Lasts);
        for (var row = 0; row < batch.Rows; row++)
        {
            _labels.Add((batch.Firsts[row], firsts[row]));
            if (batch.Firsts[row] == firsts[row] && batch.Lasts[row] == lasts[row])
                _right++;
        }
    }

    /// <remarks>FLARE looks at the accuracy of XNLI, the macro-F1 of NusaX, and at whether both ends of an answer are the right tokens
    /// (tasks/*.py).</remarks>
    public IReadOnlyList<DevScore> ToList()
    {
        var likelihood = new DevScore("dev log-likelihood", -_loss / _labels.Count);
        var accuracy = new DevScore(task == TextTask.TyDiQa ? "dev exact tokens" : "dev accuracy", (double)_right / _labels.Count);
        return task == TextTask.NusaX ? [new DevScore("dev macro-F1", MacroF1()), accuracy, likelihood] : [accuracy, likelihood];
    }

    /// <summary>Mean over the classes that are there or are found, as scikit-learn has it.</summary>
    private double MacroF1()
    {
        long[] classes = [.. _labels.SelectMany(l => new[] { l.Expected, l.Found }).Distinct().Order()];
        return classes.Average(c => 2.0 * _labels.Count(l => l.Expected == c && l.Found == c)
            / (_labels.Count(l => l.Expected == c) + _labels.Count(l => l.Found == c)));
    }

    private static long[] Best(float[] logits, int rows)
    {
        var width = logits.Length / rows;
        return [.. Enumerable.Range(0, rows).Select(row =>
            (long)System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(logits.AsSpan(row * width, width)))];
    }
}
