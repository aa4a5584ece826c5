using System.Globalization;

namespace XlLoraOnnx.Datasets;

/// <summary>Tasks in many languages, with their own datasets.</summary>
public enum TextTask
{
    /// <summary>Whether a premise entails a hypothesis (Conneau et al. 2018): 0 entailment, 1 neutral, 2 contradiction.</summary>
    Xnli,

    /// <summary>Sentiment of a text (NusaX, Winata et al. 2023): 0 negative, 1 neutral, 2 positive.</summary>
    NusaX,

    /// <summary>The span of a context that answers a question (TyDi QA, gold passage; Clark et al. 2020).</summary>
    TyDiQa,
}

/// <summary>What belongs to a task.</summary>
public static class TextTaskExtensions
{
    /// <summary>Names of the labels, in the order of their numbers; none of what is answered by texts.</summary>
    public static IReadOnlyList<string> Labels(this TextTask task) => task switch
    {
        TextTask.Xnli => TaskLabels.Xnli,
        TextTask.NusaX => TaskLabels.NusaX,
        TextTask.TyDiQa => [],
        _ => throw Unknown(task),
    };

    /// <summary>The texts of an example, in the order of <see cref="TaskExample.Texts"/>.</summary>
    public static IReadOnlyList<string> Fields(this TextTask task) => [.. TaskColumns.FieldsOf(task).Select(f => f.Name)];

    /// <summary>As datasets and command lines write it: <c>xnli</c>, <c>nusax</c>, <c>tydiqa</c>.</summary>
    public static string Word(this TextTask task) => task switch
    {
        TextTask.Xnli => "xnli",
        TextTask.NusaX => "nusax",
        TextTask.TyDiQa => "tydiqa",
        _ => throw Unknown(task),
    };

    /// <summary>The label that a text names, by name or number, in any case, with white space around it.</summary>
    /// <returns>Null where it names none.</returns>
    public static int? LabelOf(this TextTask task, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var labels = task.Labels();
        var word = text.Trim();
        // the training data of XNLI that are machine-translated write so
        if (task == TextTask.Xnli && word.Equals("contradictory", StringComparison.OrdinalIgnoreCase))
            word = TaskLabels.Xnli[2];
        for (var i = 0; i < labels.Count; i++)
        {
            if (labels[i].Equals(word, StringComparison.OrdinalIgnoreCase))
                return i;
        }
        // pandas writes whole numbers of a column with gaps as 1.0
        return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number == Math.Floor(number) && number >= 0 && number < labels.Count ? (int)number : null;
    }

    internal static ArgumentOutOfRangeException Unknown(TextTask task) =>
        new(nameof(task), task, $"There is no such task; there are {string.Join(", ", Enum.GetNames<TextTask>())}.");
}
