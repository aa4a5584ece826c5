using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>The options of <c>synthesize</c> that say what is made of the anchors.</summary>
internal sealed class SynthesisChoices
{
    private const string XlLora = "xllora", ZeroShot = "zero-shot", InContext = "icl", Composition = "composition";
    private static readonly string[] Strategies = [XlLora, ZeroShot, InContext, Composition];

    private readonly Option<string> _strategy = new("--strategy")
    {
        Description = $"{XlLora}: a prompt and two adapters; {ZeroShot}: the same prompt, no adapters; {InContext}: the prompt shows "
            + $"examples; {Composition}: the same prompt with adapters of your own, named by --positive and --negative, or composed for "
            + "each language by --recipes.",
        HelpName = "NAME",
        DefaultValueFactory = _ => XlLora,
    };

    private readonly Option<string?> _positive = new("--positive")
    {
        Description = $"Adapter that writes sent1; 'none' for the base model. Default: pos with {XlLora}, none with {ZeroShot} and "
            + $"{InContext}.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _negative = new("--negative")
    {
        Description = $"Adapter that writes hard_neg; 'none' for the base model. Default: neg with {XlLora}, none with {ZeroShot} and "
            + $"{InContext}.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _positiveOnly = new("--positive-only") { Description = "Write sent1 and no hard_neg." };

    private readonly Option<bool> _negativeOnly = new("--negative-only") { Description = "Write hard_neg and no sent1." };

    private readonly Option<string> _language = new("--language")
    {
        Description = "English name of the language of the answers; with --recipes the language of the rows, as it stands there.",
        HelpName = "NAME",
        DefaultValueFactory = _ => new SynthesisOptions().Language,
    };

    private readonly Option<string?> _prompts = new("--prompts")
    {
        Description = $"Prompt set: {string.Join(" or ", PromptStrategy.PromptSets)}; with {InContext} "
            + $"{string.Join(" or ", InContextStrategy.PromptSets)}. Default: the first.",
        HelpName = "SET",
    };

    private readonly Option<string?> _examples = new("--examples")
    {
        Description = $"Triplets that prompts show with {InContext}: CSV, TSV or JSONL with sent0, sent1 and hard_neg.",
        HelpName = "FILE",
    };

    private readonly Option<int> _shots = new("--shots")
    {
        Description = "How many of the examples a prompt shows.",
        HelpName = "K",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<bool> _drawExamples = new("--draw-examples")
    {
        Description = "Every row draws its own examples; otherwise all rows see the first ones.",
    };

    private readonly Option<int> _samples = new("--samples")
    {
        Description = "Triplets for each anchor, each drawn anew.",
        HelpName = "N",
        DefaultValueFactory = _ => new SynthesisOptions().Samples,
    };

    private readonly Option<int> _maxAttempts = new("--max-attempts")
    {
        Description = "Answers that are made for one sentence until one passes the filters.",
        HelpName = "N",
        DefaultValueFactory = _ => new SynthesisOptions().MaxAttempts,
    };

    private readonly Option<int> _maxNewTokens = new("--max-new-tokens")
    {
        Description = "Most tokens of one answer; a longer one is rejected.",
        HelpName = "N",
        DefaultValueFactory = _ => new SynthesisOptions().MaxNewTokens,
    };

    private readonly Option<string> _bos = new("--bos")
    {
        Description = "single or double: how many beginning-of-sequence tokens a prompt has. The reference has two, by mistake.",
        HelpName = "N",
        DefaultValueFactory = _ => "single",
    };

    private readonly Option<string[]> _keep = new("--keep")
    {
        Description = $"Reasons that reject nothing: {string.Join(", ", AnswerFilterOptions.AllChecks.Select(RejectionReasons.Name))}.",
        HelpName = "REASON,…",
    };

    private readonly RecipeChoices _recipes = new();
    private readonly SamplingChoices _sampling = new();

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_strategy, _positive, _negative, _positiveOnly, _negativeOnly, _language, _prompts, _examples,
            _shots, _drawExamples, _samples, _maxAttempts, _maxNewTokens, _bos, _keep])
            command.Add(option);
        _recipes.AddTo(command);
        _sampling.AddTo(command);
    }

    /// <summary>Column of the input with the language of each row; null where there is none.</summary>
    public string? LanguageColumn(ParseResult parse) => _recipes.LanguageColumn(parse);

    /// <summary>The adapters that are to be composed; null where none are.</summary>
    /// <param name="input">The anchors, and where the run will be.</param>
    /// <inheritdoc cref="RecipeChoices.ReadAsync"/>
    public async Task<ComposedLanguages?> RecipesAsync(
        ParseResult parse, SynthesisJobOptions input, Func<string, string> at, CancellationToken cancellationToken)
    {
        var strategy = parse.GetRequiredValue(_strategy);
        if (_recipes.AreGiven(parse) && (strategy != Composition || Given(parse, _positive) || Given(parse, _negative)))
            throw new ArgumentException($"--recipes are for --strategy {Composition}, and name the adapters of both sides: leave "
                + "--positive and --negative out.");
        SynthesisSide[] sides = Only(parse) is { } only ? [only] : [SynthesisSide.Positive, SynthesisSide.Negative];
        return await _recipes.ReadAsync(parse, input, parse.GetRequiredValue(_language), sides, at, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Name of the prompts; null for the usual ones.</summary>
    public string? PromptSet(ParseResult parse) => parse.GetValue(_prompts);

    /// <param name="greedy">Whether the likeliest token is taken where nothing is said of sampling.</param>
    /// <param name="at">Where a path that was given is.</param>
    public async Task<SynthesisOptions> ApplyAsync(ParseResult parse, SamplingOptions defaults, bool greedy, Func<string, string> at,
        CancellationToken cancellationToken)
    {
        var strategy = parse.GetRequiredValue(_strategy);
        var options = new SynthesisOptions();
        return options with
        {
            Strategy = await StrategyAsync(parse, strategy, at, cancellationToken).ConfigureAwait(false),
            Positive = Adapter(parse, strategy, _positive, options.Positive),
            Negative = Adapter(parse, strategy, _negative, options.Negative),
            Only = Only(parse),
            Language = parse.GetRequiredValue(_language),
            Samples = parse.GetValue(_samples),
            MaxAttempts = parse.GetValue(_maxAttempts),
            MaxNewTokens = parse.GetValue(_maxNewTokens),
            DoubleBos = parse.GetRequiredValue(_bos) switch
            {
                "single" => false,
                "double" => true,
                var other => throw new ArgumentException($"--bos is \"{other}\"; it is single or double."),
            },
            Sampling = greedy && !_sampling.IsGiven(parse) ? SamplingOptions.Greedy : _sampling.Apply(parse, defaults),
            Filters = Filters(parse),
        };
    }

    private SynthesisSide? Only(ParseResult parse) => (parse.GetValue(_positiveOnly), parse.GetValue(_negativeOnly)) switch
    {
        (true, true) => throw new ArgumentException("--positive-only and --negative-only together leave nothing."),
        (true, _) => SynthesisSide.Positive,
        (_, true) => SynthesisSide.Negative,
        _ => null,
    };

    private static bool Given(ParseResult parse, Option<string?> option) => parse.GetValue(option) is not null;

    private AnswerFilterOptions Filters(ParseResult parse)
    {
        var kept = (parse.GetValue(_keep) ?? []).SelectMany(r => r.Split(',', StringSplitOptions.RemoveEmptyEntries))
            .Select(RejectionReasons.Parse);
        return new AnswerFilterOptions { Checks = [.. AnswerFilterOptions.AllChecks.Except(kept)] };
    }

    private string? Adapter(ParseResult parse, string strategy, Option<string?> option, string? usual) => parse.GetValue(option) is { } name
        ? AdapterNames.Parse(name)
        : strategy switch
        {
            XlLora => usual,
            Composition when _recipes.AreGiven(parse) => null,
            Composition => throw new ArgumentException($"--strategy {Composition} takes adapters of your own: name them with --positive "
                + "and --negative, or give --recipes FILE to have them composed."),
            _ => null,
        };

    private async Task<ISynthesisStrategy> StrategyAsync(
        ParseResult parse, string strategy, Func<string, string> at, CancellationToken cancellationToken)
    {
        if (!Strategies.Contains(strategy))
            throw new ArgumentException($"There is no strategy \"{strategy}\"; there are: {string.Join(", ", Strategies)}.");
        var examples = parse.GetValue(_examples);
        if (strategy != InContext)
            return examples is null ? new PromptStrategy(parse.GetValue(_prompts) ?? PromptStrategy.PromptSets[0])
                : throw new ArgumentException($"--examples are shown with --strategy {InContext} only.");
        if (examples is null)
            throw new ArgumentException($"--strategy {InContext} shows examples: give a file of them with --examples.");
        return new InContextStrategy(
            await InContextStrategy.ReadExamplesAsync(at(examples), cancellationToken).ConfigureAwait(false),
            parse.GetValue(_shots), parse.GetValue(_drawExamples), parse.GetValue(_prompts) ?? InContextStrategy.PromptSets[0]);
    }
}
