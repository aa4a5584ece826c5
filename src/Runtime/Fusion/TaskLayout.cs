namespace XlLoraOnnx.Runtime;

/// <summary>The tasks that FLARE trains for, by the names that its runs have.</summary>
internal static class TaskLayout
{
    public const string Xnli = "xnli", Nusax = "nusax", Tydiqa = "tydiqa";

    public static string All { get; } = string.Join(", ", Xnli, Nusax, Tydiqa);

    /// <summary>Names of the classes by their numbers; none for answers.</summary>
    /// <exception cref="ArgumentException">There is no such task.</exception>
    public static IReadOnlyList<string> LabelsOf(string task) => Known(task) switch
    {
        Xnli => TaskLabels.Xnli,
        Nusax => TaskLabels.NusaX,
        _ => [],
    };

    /// <exception cref="ArgumentException">There is no such task.</exception>
    public static string Known(string task) => task is Xnli or Nusax or Tydiqa
        ? task : throw new ArgumentException($"'{task}' is no task of FLARE; its tasks are {All}.");

    /// <summary>What an encoder reads of a task with classes.</summary>
    /// <param name="source">What stands before it where both languages are one input; null for the text alone.</param>
    public static string ForEncoder(string task, TaskText text, TaskText? source)
    {
        var alone = task == Xnli ? $"Premise: {text.First} Hypothesis: {text.Second}" : text.First;
        return source is null ? alone : task == Xnli ? $"{ForEncoder(task, source, null)} {alone}" : source.First + alone;
    }

    /// <summary>What a decoder reads, and answers.</summary>
    /// <param name="source">What stands before it where both languages are one input; null for the text alone.</param>
    public static string ForDecoder(string task, TaskText text, TaskText? source)
    {
        if (source is null)
            return Body(task, text) + End(task);
        return task switch
        {
            Xnli => $"{Body(task, source)} {Body(task, text)}{End(task)}",
            Nusax => $"{source.First}\n{text.First}{End(task)}",
            // without a line break before the last word: so the released code has it
            _ => $"{Body(task, source)}\n\n{Body(task, text)}Answer: ",
        };
    }

    private static string Body(string task, TaskText text) => task switch
    {
        Xnli => $"Premise: {text.First}\nHypothesis: {text.Second}",
        Nusax => text.First,
        _ => $"Context: {text.Second}\nQuestion: {text.First}",
    };

    private static string End(string task) => task switch
    {
        Xnli => "\nLabel: ",
        Nusax => "\nSentiment: ",
        _ => "\nAnswer: ",
    };
}
