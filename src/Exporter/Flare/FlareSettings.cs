namespace XlLoraOnnx.Exporter;

/// <summary>What is to be known of a run beside its tensors: from its keys, results_test.json and what the caller says.</summary>
internal sealed record FlareSettings
{
    private const string Prefix = "flare-", TranslationAdapter = "flare-fusemt", PlainAdapter = "lora-default", JoinedAdapter = "inputfusion";

    /// <exception cref="NotSupportedException">The adapter or the function is none that FLARE has.</exception>
    /// <exception cref="InvalidDataException">Two of them say different things, or nobody says what is needed.</exception>
    /// <exception cref="ArgumentException">The caller says something else than the run.</exception>
    public static FlareSettings Of(FlareRun run, FlareOptions options)
    {
        var results = run.Results;
        if (results?.OptionalString("adapter_name") is { } named && named != run.Adapter)
            throw new InvalidDataException($"{results.Describe("adapter_name")}; the adapter of the tensors is \"{run.Adapter}\".");
        var source = SourceOf(run);
        if (run.Alone is { } alone && (alone.Flare.OptionalString("source") != source.Name()
            || alone.Flare.Bool("inputfusion", false) != (run.Adapter == JoinedAdapter)))
            throw new InvalidDataException($"{alone.Flare.Describe("source")} and inputfusion is {alone.Flare.Bool("inputfusion", false)}; "
                + $"neither may contradict adapter_name, \"{run.Adapter}\".");
        var fusion = source == FlareSource.None ? (FusionFunction?)null : FusionOf(run, options);
        return new FlareSettings
        {
            Source = source,
            JoinsTexts = run.Adapter == JoinedAdapter,
            IsTaskRun = run.Adapter == FlareRun.TaskAdapter,
            Fusion = fusion,
            Alpha = AlphaOf(run, options.Alpha, "--lora-alpha"),
            Heads = fusion == FusionFunction.CrossAttention ? HeadsOf(run, options.CrossAttentionHeads) : 1,
            Task = results?.OptionalString("task"),
            SourceLanguage = results?.OptionalString("source_lang"),
            TargetLanguage = results?.OptionalString("target_lang"),
            MaxLength = results?.OptionalInt("max_length"),
        };
    }

    /// <summary>What FLARE calls the adapter of such a run; that of a task alone has a name of its own.</summary>
    public string AdapterName => Source switch
    {
        FlareSource.TranslationEncoder => TranslationAdapter,
        FlareSource.Model => Prefix + Fusion!.Value.Name(),
        _ => JoinsTexts ? JoinedAdapter : PlainAdapter,
    };

    public required FlareSource Source { get; init; }

    /// <summary>Source and target in one input.</summary>
    public required bool JoinsTexts { get; init; }

    /// <summary>Whether it is the run of the task in English, from which the others go on.</summary>
    public required bool IsTaskRun { get; init; }

    /// <summary>Null for a plain adapter.</summary>
    public required FusionFunction? Fusion { get; init; }

    public required double Alpha { get; init; }

    public required int Heads { get; init; }

    public required string? Task { get; init; }

    public required string? SourceLanguage { get; init; }

    public required string? TargetLanguage { get; init; }

    /// <summary>Tokens that training cut and padded each text to.</summary>
    public required int? MaxLength { get; init; }

    /// <summary>Alpha of a run; r is that of its shapes.</summary>
    /// <param name="option">How the caller gives it, for the message.</param>
    public static double AlphaOf(FlareRun run, double? given, string option)
    {
        var recorded = run.Lora?.OptionalNumber("lora_alpha");
        if (recorded is not null && given is not null && recorded != given)
            throw new ArgumentException($"{run.Lora!.Describe("lora_alpha")}, and {option} says {given}. Leave the option out.");
        var alpha = given ?? recorded ?? throw new InvalidDataException(
            $"'{run.Folder}' has no {(run.Alone is null ? FlareRun.ResultsFile : PeftAdapter.ConfigFile)} that says lora_alpha, which "
            + $"nothing else records: give it to `export` with {option}.");
        if (!(alpha > 0) || !double.IsFinite(alpha))
            throw new InvalidDataException($"lora_alpha of '{run.Folder}' is {alpha}; it must be above 0.");
        if (run.Results?.OptionalInt("lora_r") is { } r && run.Modules.FirstOrDefault(m => m.Value.Rank != r).Key is { } other)
            throw new InvalidDataException($"{run.Results.Describe("lora_r")}; '{other}' has rank {run.Modules[other].Rank}.");
        return alpha;
    }

    private static int HeadsOf(FlareRun run, int? given)
    {
        int? recorded = run.Results?.Has("cross_attention_heads") == true ? run.Results.PositiveInt("cross_attention_heads", 1) : null;
        if (recorded is not null && given is not null && recorded != given)
            throw new ArgumentException($"{run.Results!.Describe("cross_attention_heads")}, and --cross-attention-heads says {given}. Leave "
                + "the option out.");
        var heads = given ?? recorded ?? throw new InvalidDataException($"'{run.Folder}' has no {run.Recorded} that says "
            + "cross_attention_heads, which nothing else records: give it to `export` with --cross-attention-heads.");
        var rank = run.Modules.First().Value.Rank;
        if (heads < 1 || run.Modules.Values.Any(m => m.Rank % heads != 0))
            throw new InvalidDataException($"'{run.Folder}': cross_attention_heads is {heads}, which does not divide the rank {rank}.");
        return heads;
    }

    private static FlareSource SourceOf(FlareRun run) => run.Adapter switch
    {
        FlareRun.TaskAdapter or PlainAdapter or JoinedAdapter => FlareSource.None,
        TranslationAdapter => FlareSource.TranslationEncoder,
        _ when run.Adapter.StartsWith(Prefix, StringComparison.Ordinal) => FlareSource.Model,
        _ => throw new NotSupportedException($"'{run.Folder}' has the adapter \"{run.Adapter}\"; those of FLARE are {FlareRun.TaskAdapter}, "
            + $"{PlainAdapter}, {JoinedAdapter}, {TranslationAdapter} and {Prefix} with a fusion function: {FusionFunctions.All}."),
    };

    private static FusionFunction FusionOf(FlareRun run, FlareOptions options)
    {
        var fromKeys = run.Adapter == TranslationAdapter ? (FusionFunction?)null
            : FusionFunctions.Parse(run.Adapter[Prefix.Length..], $"'{run.Folder}': the adapter \"{run.Adapter}\"");
        var fromResults = run.Results?.OptionalString("fusion_fn") is { } name
            ? FusionFunctions.Parse(name, run.Results.Describe("fusion_fn")) : (FusionFunction?)null;
        if (fromKeys is not null && fromResults is not null && fromKeys != fromResults)
            throw new InvalidDataException($"{run.Results!.Describe("fusion_fn")}; the adapter of the tensors is \"{run.Adapter}\".");
        var recorded = fromKeys ?? fromResults;
        if (recorded is not null && options.Fusion is not null && recorded != options.Fusion)
            throw new ArgumentException($"'{run.Folder}' was trained with the fusion function {recorded.Value.Name()}, and --fusion says "
                + $"{options.Fusion.Value.Name()}. Leave the option out.");
        return recorded ?? options.Fusion ?? throw new InvalidDataException($"'{run.Folder}' has no {run.Recorded} that says fusion_fn, and "
            + $"\"{run.Adapter}\" does not name it: give it to `export` with --fusion; there are {FusionFunctions.All}.");
    }
}
