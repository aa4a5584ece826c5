using System.Collections.Immutable;

namespace XlLoraOnnx.Runtime;

/// <summary>Which pairs of languages are translated, and how: a routing table, <c>pairs.json</c>.</summary>
public sealed record TranslationPairs
{
    private const string BaseModel = "none";

    /// <summary>No pair of its own: every pair is the base model's, which reads the text with its encoder.</summary>
    public static TranslationPairs OfBase { get; } = new() { FallsBackToBase = true };

    /// <summary>The routes, in their order.</summary>
    public IReadOnlyDictionary<LanguagePair, TranslationRoute> Routes { get; init; } =
        ImmutableDictionary<LanguagePair, TranslationRoute>.Empty;

    /// <summary>What pairs without a route have, and those that are added later but for their adapter.</summary>
    public TranslationRoute Defaults { get; init; } = new();

    /// <summary>Whether a pair without a route is the base model's, as <see cref="Defaults"/> say; otherwise it is an error.</summary>
    public bool FallsBackToBase { get; init; }

    /// <summary>English names of languages by their codes, for prompts; a language without one is called by its code.</summary>
    public IReadOnlyDictionary<string, string> Languages { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Reads a <c>pairs.json</c>.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is malformed, or holds a field that it has not; names the field.</exception>
    /// <exception cref="NotSupportedException">A newer version wrote it.</exception>
    public static TranslationPairs Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return PairsFile.Read(path);
    }

    /// <summary>Reads what a <c>pairs.json</c> holds.</summary>
    /// <param name="json">The content.</param>
    /// <param name="name">What messages call it.</param>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static TranslationPairs Parse(string json, string name = PairsFile.Name)
    {
        ArgumentNullException.ThrowIfNull(json);
        return PairsFile.Parse(json, name);
    }

    /// <summary>The same table as JSON, in one form, whatever the file looked like.</summary>
    public string ToJson() => PairsFile.Write(this);

    /// <summary>The table with another pair, or another adapter for one; prompt and stops are those of the pair or of
    /// <see cref="Defaults"/>.</summary>
    /// <param name="pair">The languages.</param>
    /// <param name="adapter">Its adapter; null for the base model.</param>
    public TranslationPairs With(LanguagePair pair, string? adapter)
    {
        ArgumentNullException.ThrowIfNull(pair);
        if (pair.WhatIsWrong() is { } wrong)
            throw new ArgumentException(wrong, nameof(pair));
        var routes = new OrderedDictionary<LanguagePair, TranslationRoute>(Routes);
        routes[pair] = Routes.GetValueOrDefault(pair, Defaults) with { Adapter = adapter };
        return this with { Routes = routes };
    }

    /// <summary>How a pair is translated.</summary>
    /// <exception cref="ArgumentException">It has no route, and there is no fallback; lists the pairs, the nearest first.</exception>
    public TranslationRoute Route(LanguagePair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        if (pair.WhatIsWrong() is { } wrong)
            throw new ArgumentException(wrong, nameof(pair));
        return Routes.GetValueOrDefault(pair) ?? (FallsBackToBase ? Defaults with { Adapter = null } : null) ?? throw new ArgumentException(
            $"Nothing translates {pair}; " + (Routes.Count == 0 ? "the table has no pairs"
                : $"there are: {string.Join(", ", Routes.Keys.OrderBy(pair.DistanceTo).ThenBy(p => p.ToString(), StringComparer.Ordinal))}")
            + ". The base model tries any pair with the fallback \"base\".", nameof(pair));
    }

    /// <summary>What a generator is asked for a text; its answer is the translation.</summary>
    /// <exception cref="ArgumentException">The pair has no route, or the most tokens are less than 1.</exception>
    public GenerationRequest ToGeneration(TranslationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var pair = new LanguagePair(request.SourceLanguage, request.TargetLanguage);
        var route = Route(pair);
        var asked = new GenerationRequest
        {
            RowId = request.RowId,
            Adapter = route.Adapter,
            Sampling = request.Sampling ?? SamplingOptions.Greedy,
            MaxNewTokens = request.MaxNewTokens ?? route.MaxNewTokens,
            StopSequences = route.Stop,
        };
        return route.Prompt switch
        {
            null => asked with { Translation = new TranslationSource(request.Text, pair.Source, pair.Target) },
            { Kind: TranslationPromptKind.Chat } prompt => asked with { UserMessage = prompt.Fill(pair, request.Text, NameOf) },
            { } prompt => asked with { Continuation = prompt.Fill(pair, request.Text, NameOf) },
        };
    }

    /// <summary>Whether a model can do all that the table says.</summary>
    /// <exception cref="ArgumentException">A pair has no prompt, and the model no encoder; or it has one, and the model reads the text
    /// itself, or does not know a language; or an adapter is not there.</exception>
    public void Check(XlLoraModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        CheckAdapters(Routes.Values.Select(r => r.Adapter), model.Generator.Adapters);
        if (model.Folder.Translation is { } translation)
        {
            CheckLanguages(model, translation);
            return;
        }
        var silent = Routes.FirstOrDefault(r => r.Value.Prompt is null).Key?.ToString()
            ?? (FallsBackToBase && Defaults.Prompt is null ? "the fallback" : null);
        if (silent is not null)
            throw new ArgumentException($"'{model.ModelName}' ({model.Info.Family}) has no encoder that reads a text in another language, "
                + $"so it must be told what to do, and {silent} has no prompt. Give one in {PairsFile.Name}, as its adapter was trained "
                + "with it: in defaults.prompt for all pairs.");
    }

    private void CheckLanguages(XlLoraModel model, TranslationTokenizer translation)
    {
        var told = Routes.FirstOrDefault(r => r.Value.Prompt is not null).Key?.ToString() ?? (Defaults.Prompt is null ? null : "defaults");
        if (told is not null)
            throw new ArgumentException($"'{model.ModelName}' ({model.Info.Family}) reads the text with its encoder and is told nothing, "
                + $"so {told} must have no prompt. Leave it out of {PairsFile.Name}.");
        foreach (var code in Routes.Keys.SelectMany(p => new[] { p.Source, p.Target }).Distinct())
            translation.GetLanguageId(code);
    }

    /// <exception cref="ArgumentException">A route has an adapter that is not there.</exception>
    internal void CheckAdapters(IEnumerable<string?> used, IReadOnlyCollection<string> adapters)
    {
        if (used.FirstOrDefault(a => a is not null && !adapters.Contains(a)) is not { } missing)
            return;
        var pair = Routes.FirstOrDefault(r => r.Value.Adapter == missing).Key;
        throw new ArgumentException($"The adapter \"{missing}\" of {pair?.ToString() ?? "the fallback"} is not there; "
            + (adapters.Count == 0 ? "the model has none" : $"there are: {string.Join(", ", adapters.Order(StringComparer.Ordinal))}")
            + $". Add it to the model folder with xllora-onnx export adapter; \"{BaseModel}\" means the base model.");
    }

    private string NameOf(string code) => Languages.GetValueOrDefault(code, code);
}
