namespace XlLoraOnnx.Synthesis;

/// <summary>What makes translations of a run's answers: the samples of a row are its targets, in their order, and each is asked for as its
/// pair says.</summary>
/// <remarks>
/// So journals, leases and retries need to know nothing of languages: a sentence is named by its row, and by the number of its target.
/// </remarks>
internal sealed class TranslationStrategy : ISynthesisStrategy
{
    /// <summary>The name in run.json.</summary>
    public const string Kind = "translation";

    private const string Table = "pairs.json";

    /// <param name="pairs">Of them, those of the run are kept: a run does not depend on the others.</param>
    /// <param name="maxNewTokens">Null for what the route of each pair says.</param>
    /// <param name="search">How the model looks for a translation, for the run's identity.</param>
    /// <exception cref="ArgumentException">A language or a pair is wrong, or a target named twice.</exception>
    public TranslationStrategy(TranslationPairs pairs, string source, IReadOnlyList<string> targets, int? maxNewTokens,
        bool keepsUnfinished, string search)
    {
        if (targets.Count == 0)
            throw new ArgumentException("No target language is named; name at least one.");
        if (targets.CountBy(t => t).FirstOrDefault(t => t.Value > 1).Key is { } twice)
            throw new ArgumentException($"The target language {twice} is named twice; each is a column of the output.");
        if (maxNewTokens < 1)
            throw new ArgumentException($"MaxNewTokens is {maxNewTokens}; it must be at least 1.");
        (Source, Targets, KeepsUnfinished, Search) = (source, targets, keepsUnfinished, search);
        var routes = new OrderedDictionary<LanguagePair, TranslationRoute>();
        foreach (var target in targets)
        {
            var route = pairs.Route(new LanguagePair(source, target));
            routes.Add(new LanguagePair(source, target), maxNewTokens is { } max ? route with { MaxNewTokens = max } : route);
        }
        string[] codes = [source, .. targets];
        Pairs = new TranslationPairs
        {
            Routes = routes,
            Languages = pairs.Languages.Where(l => codes.Contains(l.Key)).ToDictionary(l => l.Key, l => l.Value),
        };
        Templates = new Dictionary<string, string> { [Table] = Pairs.ToJson() };
        Settings = new Dictionary<string, string> { ["source"] = source, ["targets"] = string.Join(',', targets), ["search"] = search };
    }

    public string Source { get; }

    public IReadOnlyList<string> Targets { get; }

    /// <summary>Those of the run alone.</summary>
    public TranslationPairs Pairs { get; }

    /// <summary>Of adapters that are not in the model folder; null where all are.</summary>
    public TranslationAdapters? AddedAdapters { get; init; }

    public bool KeepsUnfinished { get; }

    public string Search { get; }

    /// <summary>The largest of all pairs.</summary>
    public int MaxNewTokens => Pairs.Routes.Values.Max(r => r.MaxNewTokens);

    public string Name => Kind;

    public IReadOnlyDictionary<string, string> Templates { get; }

    public IReadOnlyDictionary<string, string> Settings { get; }

    public string Prompt(SynthesisSide side, string anchor, string language, PromptRandom random) =>
        throw new NotSupportedException("A translation is asked for by its pair, not by its side.");

    public IReadOnlyList<string?> Adapters(SynthesisSide side, string? named) => [.. Pairs.Routes.Values.Select(r => r.Adapter).Distinct()];

    /// <summary>What is asked for the translation of a text into one target.</summary>
    public GenerationRequest Request(SynthesisOptions options, RowKey key, int sample, int attempt, string text)
    {
        var id = key.RequestId(SynthesisSide.Positive, sample);
        var request = new TranslationRequest
        {
            RowId = id,
            Text = text,
            SourceLanguage = Source,
            TargetLanguage = Targets[sample],
            Sampling = options.Sampling,
        };
        return Pairs.ToGeneration(request) with { RandomStream = id, Attempt = attempt };
    }

    /// <summary>What a translation is worth.</summary>
    public AnswerVerdict Verdict(int sample, GenerationResult generated)
    {
        var text = generated.Text.Trim();
        if (generated.FinishReason == FinishReason.Rejected)
            return Refused("", RejectionReasons.Of(generated.RejectionKind),
                $"{Targets[sample]} was not translated: {generated.Error ?? "the generator gave no reason."}");
        if (generated.FinishReason == FinishReason.Length && !KeepsUnfinished)
            return Refused(text, RejectionReason.Length, $"{Targets[sample]} had not ended after {generated.TokenCount} tokens.");
        return text.Length == 0 ? Refused(text, RejectionReason.Empty, $"{Targets[sample]} is blank.") : new AnswerVerdict(text, [], null);
    }

    private static AnswerVerdict Refused(string text, RejectionReason reason, string detail) =>
        new(text, [], new Rejection(reason, detail, SynthesisSide.Positive));
}
