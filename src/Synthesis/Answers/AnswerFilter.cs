namespace XlLoraOnnx.Synthesis;

/// <summary>From what the model wrote to the sentence that is kept, or to the reason why none is.</summary>
/// <remarks>Thread-safe: nothing in it changes. It knows texts only, no row, no run and no model.</remarks>
internal sealed class AnswerFilter
{
    /// <summary>Folded answers of programs and of models that have none.</summary>
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Nothings =
        new HashSet<string> { "n a", "na", "nan", "none", "null", "nil", "undefined", "no answer", "not applicable" }
            .GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly AnswerFilterOptions _options;
    private readonly LanguageCheck? _language;
    private readonly bool[] _checks = new bool[Enum.GetValues<RejectionReason>().Length];

    /// <exception cref="ArgumentException">An option is out of its range; the message says all that are.</exception>
    public AnswerFilter(AnswerFilterOptions options)
    {
        options.Validate();
        _options = options;
        foreach (var check in options.Checks)
            _checks[(int)check] = true;
        if (_checks[(int)RejectionReason.Language] && options.AnswerLanguage is { } name && LanguageTable.Find(name) is { } language)
            _language = new LanguageCheck(language);
    }

    /// <summary>Repairs an answer and says whether it may be used.</summary>
    public AnswerVerdict Check(in AnswerToCheck answer)
    {
        if (answer.FinishReason != FinishReason.Stop)
            return new AnswerVerdict(answer.Text.Trim(), [], Unfinished(answer));
        var echo = On(RejectionReason.PromptEcho)
            ? EchoOfPrompt.Find(answer.Text, answer.Prompt, answer.Anchor, _options.EchoLength) : null;
        if (echo is not null)
            return new AnswerVerdict(answer.Text.Trim(), [], new Rejection(RejectionReason.PromptEcho, echo, answer.Side));
        var repaired = AnswerRepairing.Repair(answer.Text, answer.Anchor, out var repairs);
        if (!_options.Repair)
            return CheckUnrepaired(answer, repaired, repairs);
        var found = Find(repaired, answer.Anchor, answer.Text);
        return new AnswerVerdict(repaired, repairs, found is { } fault ? new Rejection(fault.Reason, fault.Detail, answer.Side) : null);
    }

    /// <summary>Whether two accepted answers say the same.</summary>
    public Rejection? CheckPair(string positive, string negative)
    {
        if (!On(RejectionReason.Equal))
            return null;
        using var left = new FoldedText(positive);
        using var right = new FoldedText(negative);
        return left.Text.SequenceEqual(right.Text)
            ? new Rejection(RejectionReason.Equal, $"Positive and hard negative are both \"{Clip(positive)}\".")
            : null;
    }

    private bool On(RejectionReason reason) => _checks[(int)reason];

    private Rejection? Unfinished(in AnswerToCheck answer)
    {
        if (answer.FinishReason == FinishReason.Rejected)
            return new Rejection(RejectionReason.Failed, "The generator gave no answer.", answer.Side);
        return On(RejectionReason.Length)
            ? new Rejection(RejectionReason.Length, $"The answer had not ended after {answer.TokenCount} tokens.", answer.Side)
            : null;
    }

    /// <summary>What would have been repaired is a fault by itself; white space alone is not.</summary>
    private AnswerVerdict CheckUnrepaired(in AnswerToCheck answer, string repaired, IReadOnlyList<AnswerRepair> repairs)
    {
        var text = answer.Text.Trim();
        var fault = Find(text, answer.Anchor, answer.Text) ?? Find(repaired, answer.Anchor, answer.Text);
        foreach (var repair in repairs)
        {
            var reason = repair is AnswerRepair.Preamble or AnswerRepair.Explanation ? RejectionReason.Preamble : RejectionReason.Template;
            if (fault is null && repair is not (AnswerRepair.Trim or AnswerRepair.LineBreaks) && On(reason))
                fault = (reason, $"It needs the repair \"{repair.Name()}\", and repairs are off.");
        }
        return new AnswerVerdict(text, [], fault is { } found ? new Rejection(found.Reason, found.Detail, answer.Side) : null);
    }

    private (RejectionReason Reason, string Detail)? Find(string text, string anchor, string raw)
    {
        using var folded = new FoldedText(text);
        using var foldedAnchor = new FoldedText(anchor);
        return FindBlank(folded.Text, raw)
            ?? Fault(RejectionReason.Template, On(RejectionReason.Template) ? TemplateLeftOvers.Find(text, anchor) : null)
            ?? Fault(RejectionReason.Refusal, On(RejectionReason.Refusal) ? Refusals.Instance.Find(folded.Text, foldedAnchor.Text) : null)
            ?? Fault(RejectionReason.Preamble, On(RejectionReason.Preamble) ? Preambles.Find(text, folded.Text, anchor) : null)
            ?? FindCopy(folded.Text, foldedAnchor.Text)
            ?? Fault(RejectionReason.Language, _language?.Objection(text));
    }

    private (RejectionReason Reason, string Detail)? FindBlank(ReadOnlySpan<char> folded, string raw)
    {
        if (!On(RejectionReason.Empty))
            return null;
        if (Nothings.Contains(folded))
            return (RejectionReason.Empty, $"\"{Clip(raw.Trim())}\" stands for nothing.");
        if (folded.Length > 0)
            return null;
        return (RejectionReason.Empty, string.IsNullOrWhiteSpace(raw) ? "The answer is blank." : $"\"{Clip(raw)}\" holds no word.");
    }

    private (RejectionReason Reason, string Detail)? FindCopy(ReadOnlySpan<char> folded, ReadOnlySpan<char> foldedAnchor)
    {
        if (CopyOfAnchor.IsCopy(foldedAnchor, folded))
            return Fault(RejectionReason.Copy, On(RejectionReason.Copy) ? "It is the anchor itself." : null);
        return Fault(RejectionReason.NearCopy,
            On(RejectionReason.NearCopy) ? CopyOfAnchor.NearCopy(foldedAnchor, folded, _options.NearCopySimilarity) : null);
    }

    private static (RejectionReason Reason, string Detail)? Fault(RejectionReason reason, string? detail) =>
        detail is null ? null : (reason, detail);

    private static string Clip(string text) => text.Length <= 80 ? text : $"{text.AsSpan(0, 80)}…";
}
