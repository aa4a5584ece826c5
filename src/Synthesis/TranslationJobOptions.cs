namespace XlLoraOnnx.Synthesis;

/// <summary>What a <see cref="TranslationJob"/> reads and writes, and how it shares its work.</summary>
public sealed record TranslationJobOptions
{
    /// <summary>File of texts, or folder of such files, known by their content. It is read three times, and must stay as it is.</summary>
    public required string Input { get; init; }

    /// <summary>Column of a table, field of JSON objects; null for <c>text</c>, and for what has no columns.</summary>
    public string? Column { get; init; }

    /// <summary>Which split of a folder that has several; null where it has one.</summary>
    public string? Split { get; init; }

    /// <summary>The run folder; or a <c>.csv</c>, <c>.jsonl</c> or <c>.parquet</c> file, beside which the folder lies as
    /// <c>NAME.run</c>.</summary>
    public required string Output { get; init; }

    /// <summary>Code of the language of the texts, e.g. <c>eng_Latn</c>.</summary>
    public required string SourceLanguage { get; init; }

    /// <summary>Codes of the languages that every text is translated into, each a column of the output in this order.</summary>
    public required IReadOnlyList<string> TargetLanguages { get; init; }

    /// <summary>Which adapter and which prompt translate a pair; null for the base model, which then needs an encoder.</summary>
    public TranslationPairs Pairs { get; init; } = TranslationPairs.OfBase;

    /// <summary>Where adapters come from that the caller has made known to the model; null where all are in its folder.</summary>
    public TranslationAdapters? Adapters { get; init; }

    /// <summary>Most tokens of one translation; null for what the route of each pair says.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Whether a translation is kept that had not ended at its most tokens; otherwise it is rejected.</summary>
    public bool KeepUnfinished { get; init; }

    /// <summary>Only the first texts of the input; null for all.</summary>
    public long? Limit { get; init; }

    /// <summary>The part of the rows that this process takes; null to share all of them with whoever else works on the folder.</summary>
    public SynthesisShard? Shard { get; init; }

    /// <summary>How long a process on another machine may give no sign of life before its rows are taken over.</summary>
    public TimeSpan LeaseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where processes keep answers and divide the work, in place of the run folder; null for the run folder itself.</summary>
    public SynthesisBackend? Backend { get; init; }

    /// <summary>Arguments of the command line, for people; nothing is read from them. Empty if there was none.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Ends the job in good order: no new rows, but those that run are waited for.</summary>
    public CancellationToken Finish { get; init; }

    /// <summary>The same as a run of questions and answers: a row's samples are its translations, in the order of the targets.</summary>
    /// <exception cref="ArgumentException">A language or a pair is wrong, or a target named twice.</exception>
    internal SynthesisJobOptions ToJob(SamplingOptions defaults, string search)
    {
        var strategy = new TranslationStrategy(Pairs, SourceLanguage, TargetLanguages, MaxNewTokens, KeepUnfinished, search)
        {
            AddedAdapters = Adapters,
        };
        return new SynthesisJobOptions
        {
            Input = Input,
            Column = Column,
            Split = Split,
            Output = Output,
            Limit = Limit,
            Shard = Shard,
            LeaseTimeout = LeaseTimeout,
            Backend = Backend,
            Command = Command,
            Finish = Finish,
            Synthesis = new SynthesisOptions
            {
                Strategy = strategy,
                Only = SynthesisSide.Positive,
                Samples = TargetLanguages.Count,
                Language = SourceLanguage,
                MaxNewTokens = strategy.MaxNewTokens,
                Sampling = defaults with { DoSample = false },
                Filters = new AnswerFilterOptions
                {
                    Checks = KeepUnfinished ? [RejectionReason.Empty] : [RejectionReason.Length, RejectionReason.Empty],
                    Repair = false,
                },
            },
        };
    }

    /// <summary>Back from <see cref="ToJob"/>.</summary>
    internal static TranslationJobOptions Of(SynthesisJobOptions job, TranslationStrategy strategy) => new()
    {
        Input = job.Input,
        Column = job.Column,
        Split = job.Split,
        Output = job.Output!,
        SourceLanguage = strategy.Source,
        TargetLanguages = strategy.Targets,
        Pairs = strategy.Pairs,
        Adapters = strategy.AddedAdapters,
        KeepUnfinished = strategy.KeepsUnfinished,
        Limit = job.Limit,
        LeaseTimeout = job.LeaseTimeout,
    };
}
