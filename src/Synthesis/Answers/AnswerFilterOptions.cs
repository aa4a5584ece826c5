using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>Which answers are kept.</summary>
public sealed record AnswerFilterOptions
{
    /// <summary>Every check there is of an answer or a pair, all on by default.</summary>
    public static IReadOnlyList<RejectionReason> AllChecks { get; } =
    [
        RejectionReason.Length, RejectionReason.Empty, RejectionReason.Copy, RejectionReason.NearCopy, RejectionReason.PromptEcho,
        RejectionReason.Template, RejectionReason.Refusal, RejectionReason.Preamble, RejectionReason.Language, RejectionReason.Equal,
    ];

    /// <summary>Checks that are made, of <see cref="AllChecks"/>; an answer is rejected for no other reason.</summary>
    public IReadOnlyCollection<RejectionReason> Checks { get; init; } = AllChecks;

    /// <summary>Whether what can be cut away cleanly (quotes, a preamble, an explanation) is cut away instead of rejected.</summary>
    public bool Repair { get; init; } = true;

    /// <summary>
    /// Share of the anchor's characters, 0 to 1, that an answer must keep to be its near-copy; a changed word never is one, only typing
    /// errors, spacing and the anchor said twice are.
    /// </summary>
    public double NearCopySimilarity { get; init; } = 0.9;

    /// <summary>Characters of the instruction that an answer must repeat in a row to be an echo; Chinese ones count three.</summary>
    public int EchoLength { get; init; } = 32;

    /// <summary>English name of the language that answers must be in, as prompts call it, such as "Hausa"; null: any.</summary>
    /// <remarks>A language that <see cref="LanguageIdentifier"/> does not know is not checked either.</remarks>
    public string? AnswerLanguage { get; init; }

    /// <summary>Everything here that can change a verdict, as names and values, so that two runs can be compared.</summary>
    public IEnumerable<KeyValuePair<string, string>> Facts()
    {
        yield return new("filters.checks", string.Join(',', AllChecks.Where(Checks.Contains).Select(RejectionReasons.Name)));
        yield return new("filters.repair", Repair ? "yes" : "no");
        yield return new("filters.near_copy", NearCopySimilarity.ToString(CultureInfo.InvariantCulture));
        yield return new("filters.echo_length", EchoLength.ToString(CultureInfo.InvariantCulture));
        yield return new("filters.language", AnswerLanguage switch
        {
            null => "any",
            var name when LanguageIdentifier.CodeOf(name) is { } code => code,
            var name => $"{name} (not checked: unknown)",
        });
    }

    /// <summary>All that is wrong at once, before the first answer.</summary>
    internal void Validate()
    {
        List<string> reasons = [];
        foreach (var check in Checks.Except(AllChecks))
            reasons.Add($"\"{RejectionReasons.Name(check)}\" is no check of an answer; there are: "
                + $"{string.Join(", ", AllChecks.Select(RejectionReasons.Name))}.");
        if (NearCopySimilarity is not (> 0 and <= 1))
            reasons.Add(string.Create(CultureInfo.InvariantCulture,
                $"NearCopySimilarity is {NearCopySimilarity}; it must be above 0 and at most 1."));
        if (EchoLength < EchoOfPrompt.ShortestRun)
            reasons.Add($"EchoLength is {EchoLength}; it must be at least {EchoOfPrompt.ShortestRun}, or common words are echoes.");
        if (reasons.Count > 0)
            throw new ArgumentException(string.Join(" ", reasons));
    }
}
