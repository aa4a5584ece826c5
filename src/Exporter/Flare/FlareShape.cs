namespace XlLoraOnnx.Exporter;

/// <summary>All of a run that a graph depends on: shapes and functions, no numbers.</summary>
internal sealed record FlareShape
{
    public const string Classification = "classification", QuestionAnswering = "question_answering", LanguageModel = "language_model";

    private const string Embedding = "model.embed_tokens.weight", Gemma = "gemma2";

    private readonly HashSet<string> _added = new(StringComparer.Ordinal);

    /// <summary>Adapted modules by their canonical names, each with its rank.</summary>
    public required IReadOnlyDictionary<string, int> Modules { get; init; }

    public required FusionFunction? Fusion { get; init; }

    public required FlareSource Source { get; init; }

    /// <summary>Of cross-attention.</summary>
    public required int Heads { get; init; }

    /// <summary>Of the states of the translation model's encoder.</summary>
    public required int? SourceDimension { get; init; }

    /// <summary>One of the constants.</summary>
    public required string Head { get; init; }

    public required int Labels { get; init; }

    /// <exception cref="InvalidDataException">The run has no head, or one of another shape.</exception>
    public static FlareShape Of(FlareCheckpoint flare)
    {
        var (head, folder) = (flare.Head, flare.Run.Folder);
        var answers = head.TryGetValue("qa_outputs.weight", out var spans);
        var writes = flare.Files.Tensors.FirstOrDefault(t => TextWeights.Canonical(t.Tensor.Name) == Embedding).Tensor;
        if (answers == head.TryGetValue("classifier.out_proj.weight", out var classes) && (answers || writes is null))
            throw new InvalidDataException($"'{folder}' has {(answers ? "both" : "neither")} a classifier {(answers ? "and" : "nor")} "
                + "qa_outputs; an encoder's run has one of them. Save the run again, whole.");
        var projection = head.TryGetValue("proj.weight", out var proj) ? (int?)proj.Tensor.Shape[^1] : null;
        if (projection is null == (flare.Settings.Source == FlareSource.TranslationEncoder))
            throw new InvalidDataException($"'{folder}' has the adapter \"{flare.Run.Adapter}\" and {(projection is null ? "no" : "a")} "
                + "projection of a translation model's states (proj.weight): FLARE-MT has both. Save the run again, whole.");
        return new FlareShape
        {
            Modules = flare.Run.Modules.ToDictionary(m => TextWeights.Canonical(m.Key), m => m.Value.Rank),
            Fusion = flare.Settings.Fusion,
            Source = flare.Settings.Source,
            Heads = flare.Settings.Heads,
            SourceDimension = projection,
            Head = answers ? QuestionAnswering : classes is not null ? Classification : LanguageModel,
            Labels = checked((int)((spans ?? classes)?.Tensor ?? writes!).Shape[0]),
        };
    }

    /// <summary>The head that tensors are of, and how many numbers it gives; null for none.</summary>
    public static (string Kind, int Labels)? HeadOf(IReadOnlyDictionary<string, FlareTensor> head)
    {
        foreach (var (name, kind) in new[] { ("qa_outputs.weight", QuestionAnswering), ("classifier.out_proj.weight", Classification) })
        {
            if (head.TryGetValue(name, out var tensor) && tensor.Tensor.Shape.Count > 0)
                return (kind, checked((int)tensor.Tensor.Shape[0]));
        }
        return null;
    }

    /// <summary>A module of the graph has its adapter.</summary>
    public void Add(string module) => _added.Add(module);

    /// <exception cref="NotSupportedException">The run adapts a module that the graph gives no adapter.</exception>
    public void Verify()
    {
        if (Modules.Keys.Where(m => !_added.Contains(m)).ToArray() is { Length: > 0 } left)
            throw new NotSupportedException($"The run adapts {left.Length} modules that the graph takes no adapter for: "
                + $"{string.Join(", ", left.Take(3))}. Taken are query, key and value of encoders, and all linear modules of decoders' layers.");
    }

    /// <param name="family">Of the model.</param>
    public FlareFacts ToFacts(FlareSettings settings, int hidden, string family) => new()
    {
        Task = settings.Task,
        Head = Head,
        Labels = Labels,
        Fusion = Fusion?.Name(),
        Source = Source.Name(),
        SourceDimension = Source == FlareSource.Model ? hidden : SourceDimension,
        CrossAttentionHeads = Fusion == FusionFunction.CrossAttention ? Heads : null,
        JoinsTexts = settings.JoinsTexts,
        MaxLength = settings.MaxLength,
        // FLARE's code sets both for the run that fuses and not for the task's own
        TruncationSide = settings.IsTaskRun ? "right" : "left",
        AddEosToken = !settings.IsTaskRun && Head == LanguageModel && family == Gemma,
        SourceLanguage = settings.SourceLanguage,
        TargetLanguage = settings.TargetLanguage,
    };
}
