namespace XlLoraOnnx.Evaluation;

/// <summary>A score of some of the items, drawn with replacement or not.</summary>
internal delegate double DrawnScore(ReadOnlySpan<int> drawn);

/// <summary>A score of predictions, from what is filed of each.</summary>
internal sealed record PredictionMetric(string Name, DrawnScore Score)
{
    private const int MaxLabels = 8;
    public const string Gold = "gold", Predicted = "predicted", ExactMatch = "exact_match", F1 = "f1";
    public const string Accuracy = "accuracy", MacroF1 = "macro_f1";

    /// <summary>Number of a prediction that is no label.</summary>
    public const int Unknown = -1;

    public static bool Measures(EvaluationTask task) => task is EvaluationTask.Xnli or EvaluationTask.NusaX or EvaluationTask.TyDiQa;

    public static EvaluationTask TaskOf(TextTask task) => task switch
    {
        TextTask.Xnli => EvaluationTask.Xnli,
        TextTask.NusaX => EvaluationTask.NusaX,
        TextTask.TyDiQa => EvaluationTask.TyDiQa,
        _ => throw new ArgumentOutOfRangeException(nameof(task), task, "There is no such task."),
    };

    /// <summary>Scores of a task, the first being the one that papers report.</summary>
    /// <exception cref="InvalidDataException">The items have not the columns, or labels that are none.</exception>
    public static IReadOnlyList<PredictionMetric> Of(EvaluationTask task, ItemScores items)
    {
        if (task == EvaluationTask.TyDiQa)
            return [Mean(ExactMatch, items[ExactMatch]), Mean(F1, items[F1])];
        var (gold, predicted) = (Labels(items[Gold], 0), Labels(items[Predicted], Unknown));
        var accuracy = Mean(Accuracy, [.. gold.Zip(predicted, (g, p) => g == p ? 1.0 : 0)]);
        var macroF1 = new PredictionMetric(MacroF1, drawn => MacroF1Of(gold, predicted, drawn));
        return task == EvaluationTask.Xnli ? [accuracy, macroF1] : [macroF1, accuracy];
    }

    /// <summary>Mean over labels of F1 = 2 TP / (2 TP + FP + FN).</summary>
    /// <remarks>
    /// As scikit-learn's <c>f1_score(average="macro", zero_division=0)</c>: the labels are those that occur in gold or prediction; one that
    /// is only predicted has 0 and counts, one that occurs in neither does not. A prediction that is no label is missing from its gold
    /// label and wrong for no other.
    /// </remarks>
    private static double MacroF1Of(int[] gold, int[] predicted, ReadOnlySpan<int> drawn)
    {
        Span<int> right = stackalloc int[MaxLabels], said = stackalloc int[MaxLabels], actual = stackalloc int[MaxLabels];
        right.Clear();
        said.Clear();
        actual.Clear();
        foreach (var item in drawn)
        {
            actual[gold[item]]++;
            if (predicted[item] == Unknown)
                continue;
            said[predicted[item]]++;
            if (predicted[item] == gold[item])
                right[gold[item]]++;
        }
        double sum = 0;
        var labels = 0;
        for (var label = 0; label < MaxLabels; label++)
        {
            if (said[label] + actual[label] == 0)
                continue;
            sum += 2.0 * right[label] / (said[label] + actual[label]);
            labels++;
        }
        return sum / labels;
    }

    private static PredictionMetric Mean(string name, double[] values) => new(name, drawn =>
    {
        double sum = 0;
        foreach (var item in drawn)
            sum += values[item];
        return sum / drawn.Length;
    });

    private static int[] Labels(double[] column, int least) => Array.ConvertAll(column, v =>
        v >= least && v < MaxLabels && v == Math.Floor(v)
            ? (int)v
            : throw new InvalidDataException(
                $"{v} is no label; a file of items has {least} to {MaxLabels - 1}. Write it again with evaluate --output."));
}
