using System.Collections.Immutable;

namespace XlLoraOnnx.Synthesis;

/// <summary>How triplets are made from anchors.</summary>
public sealed record SynthesisOptions
{
    /// <summary>What the model is told.</summary>
    public ISynthesisStrategy Strategy { get; init; } = new PromptStrategy();

    /// <summary>Adapter that writes positives, unless <see cref="Strategy"/> chooses another; null for the base model.</summary>
    public string? Positive { get; init; } = "pos";

    /// <summary>Adapter that writes hard negatives, unless <see cref="Strategy"/> chooses another; null for the base model.</summary>
    public string? Negative { get; init; } = "neg";

    /// <summary>The only side that is written; null for both.</summary>
    public SynthesisSide? Only { get; init; }

    /// <summary>Language of rows that have none of their own: the English name of the language that answers are asked for in, or what
    /// <see cref="Strategy"/> calls it.</summary>
    public string Language { get; init; } = "English";

    /// <summary>How tokens are chosen; null for what the model's <c>generation_config.json</c> says.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Most tokens of one answer; an answer that needs more is rejected.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>Triplets that are made for one anchor, each with random numbers of its own.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>Answers that are generated for one sentence until one passes the filters.</summary>
    public int MaxAttempts { get; init; } = 1;

    /// <summary>How often the generator may fail on a row until the row is given up.</summary>
    public int MaxFailures { get; init; } = 3;

    /// <summary>Whether the prompt begins with two beginning-of-sequence tokens, as that of the reference does by mistake.</summary>
    public bool DoubleBos { get; init; }

    /// <summary>What is kept of what the model writes; where it names no language, answers must be in <see cref="Language"/>.</summary>
    public AnswerFilterOptions Filters { get; init; } = new();

    /// <summary>Column of the input with the language of each row; null where rows have none. Set from the job.</summary>
    internal string? LanguageColumn { get; init; }

    /// <summary>English name of the language that answers must be in.</summary>
    /// <param name="language">Of the row, where the input has one for each; else null.</param>
    internal string? AnswerLanguage(string? language) => Filters.AnswerLanguage ?? Strategy.AnswerLanguage(language ?? Language);

    /// <summary>The sides that are written.</summary>
    internal ImmutableArray<SynthesisSide> Sides => Only is { } side ? OneSide[(int)side] : TripletColumns.Sides;

    private static readonly ImmutableArray<SynthesisSide>[] OneSide = [.. TripletColumns.Sides.Select(side => ImmutableArray.Create(side))];

    /// <summary>The adapters that may write a side.</summary>
    internal IReadOnlyList<string?> Adapters(SynthesisSide side) => Strategy.Adapters(side, Named(side));

    /// <summary>The adapter that writes a side of the row with this anchor.</summary>
    /// <param name="language">Of the row, where the input has one for each; else null.</param>
    internal string? Adapter(SynthesisSide side, string anchor, string? language = null) =>
        Strategy.Adapter(side, anchor, language ?? Language, Named(side));

    /// <summary>Checks every value, against the adapters there are; nothing has run before that.</summary>
    internal void Validate(IReadOnlyCollection<string> adapters)
    {
        Sampling?.Validate();
        Filters.Validate();
        List<string> reasons = [];
        if (string.IsNullOrWhiteSpace(Language))
            reasons.Add("Language is blank; give the English name of a language, such as \"English\".");
        foreach (var (name, value) in new[]
        {
            (nameof(MaxNewTokens), MaxNewTokens), (nameof(Samples), Samples), (nameof(MaxAttempts), MaxAttempts), (nameof(MaxFailures),
                MaxFailures),
        })
        {
            if (value < 1)
                reasons.Add($"{name} is {value}; it must be at least 1.");
        }
        // the samples of a translation are different questions
        if (Sampling is { DoSample: false } && Strategy is not TranslationStrategy && (Samples > 1 || MaxAttempts > 1))
            reasons.Add($"Samples is {Samples} and MaxAttempts is {MaxAttempts}, but the likeliest token is always taken: "
                + "every answer to an anchor would be the same. Sample, or ask for one.");
        foreach (var side in Sides)
            reasons.AddRange(WhatIsWrong(side, adapters));
        if (reasons.Count > 0)
            throw new ArgumentException(string.Join(" ", reasons));
    }

    private IEnumerable<string> WhatIsWrong(SynthesisSide side, IReadOnlyCollection<string> adapters)
    {
        var what = side == SynthesisSide.Positive ? "positives" : "hard negatives";
        var chosen = Adapters(side);
        if (chosen.Count == 0)
            yield return $"The strategy {Strategy.Name} names no adapter to write {what}; null among them is the base model.";
        var there = adapters.Count == 0 ? "the model has none" : $"there are: {string.Join(", ", adapters.Order(StringComparer.Ordinal))}";
        foreach (var name in chosen)
        {
            if (name is not null && !adapters.Contains(name))
                yield return $"There is no adapter \"{name}\" to write {what}; "
                    + $"{there}. Null is the base model ('none' on the command line).";
        }
    }

    private string? Named(SynthesisSide side) => side == SynthesisSide.Positive ? Positive : Negative;
}
