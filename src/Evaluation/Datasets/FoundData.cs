namespace XlLoraOnnx.Evaluation;

/// <summary>What is in the paths that were given.</summary>
/// <param name="Data">All that can be measured on.</param>
/// <param name="Skipped">A sentence for each file of a folder that is no data.</param>
/// <param name="Unreadable">Data of folders that cannot be measured on, and why.</param>
/// <param name="Notices">A sentence for each field of a dataset card that is not followed.</param>
internal sealed record FoundData(
    IReadOnlyList<EvaluationData> Data, IReadOnlyList<string> Skipped, IReadOnlyList<UnreadableData> Unreadable,
    IReadOnlyList<string> Notices)
{
    /// <summary>Without pairs that no score is defined for: known from the data alone, so said before the first text is embedded.</summary>
    /// <exception cref="InvalidDataException">Such pairs are in a file that was named by itself.</exception>
    public FoundData WithoutUnscorable(EvaluationOptions options)
    {
        var data = new List<EvaluationData>();
        var unreadable = Unreadable.ToList();
        foreach (var set in Data)
        {
            if (set is not StsData pairs || StsEvaluation.Problem(pairs, options) is not { } problem)
                data.Add(set);
            else if (set.FromFolder)
                unreadable.Add(new UnreadableData(set.Source, problem));
            else
                throw new InvalidDataException(problem);
        }
        return this with { Data = data, Unreadable = unreadable };
    }

    /// <exception cref="InvalidDataException">There is nothing to measure on; with what was found instead.</exception>
    public FoundData ThrowIfEmpty(IReadOnlyList<string> paths, EvaluationTask task)
    {
        if (Data.Count > 0)
            return this;
        string[] reasons = [.. Unreadable.Select(u => $"{u.Path} cannot be used: {u.Reason.TrimEnd('.')}"), .. Skipped];
        throw new InvalidDataException(
            $"There is nothing to evaluate {Wanted(task)} on in {string.Join(", ", paths)}" +
            (reasons.Length == 0 ? "." : $": {string.Join("; ", reasons)}."));
    }

    private static string Wanted(EvaluationTask task) => task switch
    {
        EvaluationTask.All => "anything",
        EvaluationTask.Sts => "sts",
        EvaluationTask.Retrieval => "retrieval",
        _ => "alignment",
    };
}
