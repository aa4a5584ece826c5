using System.Globalization;

namespace XlLoraOnnx.Training;

/// <summary>What an adapter that reads two languages learns, and how large it is; how long and how fast is in
/// <see cref="TrainingOptions"/>.</summary>
/// <remarks>Names and defaults are those of FLARE (arXiv 2501.06892, run.py), which stand in parentheses.</remarks>
public sealed record FusionTrainingOptions
{
    /// <summary>How FLARE trains: 10 epochs of 32 rows a batch, learning rate 2e-5 up over a tenth of the steps and then down to 0,
    /// seed 100.</summary>
    public static TrainingOptions TrainingDefaults { get; } = new()
    {
        Epochs = 10,
        BatchSize = 32,
        LearningRate = 2e-5,
        WarmupRatio = 0.1,
        Seed = 100,
    };

    /// <summary>What is learned (<c>--task</c>).</summary>
    public required TextTask Task { get; init; }

    /// <summary>How both languages are brought together (<c>--fusion_fn</c>, the one that the paper recommends); null for a plain adapter
    /// and target texts alone.</summary>
    public FusionFunction? Fusion { get; init; } = FusionFunction.AddRelu;

    /// <summary>Whether a plain adapter reads source and target one after the other (<c>--input_fusion</c>): the baseline of the
    /// paper.</summary>
    public bool JoinsTexts { get; init; }

    /// <summary>The run of the task in English (<c>--load_ckpt</c>): its adapter is merged into the model, and its head is trained on; null
    /// for the model as it is, and a new head.</summary>
    public string? TaskRunFolder { get; init; }

    /// <summary><c>lora_alpha</c> of <see cref="TaskRunFolder"/>; null for what that says.</summary>
    public double? TaskAlpha { get; init; }

    /// <summary>r of A [r, in] and B [out, r] (<c>--lora_r</c>, 8).</summary>
    public int Rank { get; init; } = 8;

    /// <summary>What the factors add is multiplied by alpha / r (<c>--lora_alpha</c>, 16).</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>Share of what goes into A that drops out, of both languages (<c>lora_dropout</c>, 0).</summary>
    public double Dropout { get; init; }

    /// <summary>Heads of <see cref="FusionFunction.CrossAttention"/> (<c>--cross_attention_heads</c>, 1).</summary>
    public int CrossAttentionHeads { get; init; } = 1;

    /// <summary>Share that drops out in the model and its head, at every place that has one; null for what config.json says.</summary>
    public double? BaseDropout { get; init; }

    /// <summary>Whether the model drops out while it reads the source, too, as in FLARE, where it is in training all the time.</summary>
    public bool SourceDropout { get; init; } = true;

    /// <summary>Tokens that each text is cut to (<c>--max_length</c>, 128); twice as many with <see cref="JoinsTexts"/>.</summary>
    public int MaxLength { get; init; } = 128;

    /// <summary>What padding does.</summary>
    public FusionPadding Padding { get; init; }

    /// <summary>Whether layers are computed again for their gradients, and only the states between them kept (arXiv 1604.06174).</summary>
    public bool Checkpointing { get; init; }

    /// <summary>The first so many rows, in the order of the file; null for all.</summary>
    public int? TrainRows { get; init; }

    /// <summary>Data of the same columns that the adapter is scored on while it is trained; null for none.</summary>
    public string? DevData { get; init; }

    /// <summary>What the adapter calls its base (<c>base_model_name_or_path</c>); null for the name of the folder.</summary>
    public string? BaseModelName { get; init; }

    /// <summary>Folder of the exported translation model whose encoder reads the target text in place of a source (FLARE-MT,
    /// <c>--fuse_mt</c>); null for sources that the model reads itself.</summary>
    public string? TranslationModel { get; init; }

    /// <summary>Code of the language of the target texts as <see cref="TranslationModel"/> knows it, e.g. <c>spa_Latn</c>.</summary>
    public string? TextLanguage { get; init; }

    /// <summary>The same rows in the source language, where they are in a file of their own; null where they are in the data.</summary>
    public string? SourceData { get; init; }

    /// <summary>What columns named <c>FIELD_translated</c> are; null for the target, as in FLARE's training data, which are translations of
    /// what is English (<c>translate-train</c>).</summary>
    public TranslatedColumns? Translated { get; init; }

    /// <summary>Code of the language of the source (<c>--source_lang</c>), which is recorded; of data that hold the same rows in several
    /// languages, the one whose rows are the sources. Null for none.</summary>
    public string? SourceLanguage { get; init; }

    /// <summary>Code of the language of the target (<c>--target_lang</c>), which is recorded; of data in several languages, the one that
    /// is taken. Null for none.</summary>
    public string? TargetLanguage { get; init; }

    /// <summary>Whether the model reads a source text for every target.</summary>
    internal bool TakesSource => JoinsTexts || Fusion is not null && TranslationModel is null;

    /// <summary>Whether it is the first run of FLARE, in English, whose adapter others merge.</summary>
    internal bool IsTaskRun => Fusion is null && !JoinsTexts && TaskRunFolder is null;

    /// <summary>Whether a span is to be found in a text, not a class of it.</summary>
    internal bool AnswersSpans => Task == TextTask.TyDiQa;

    /// <summary>Of the head: classes, or the begin and the end of a span.</summary>
    internal int Labels => AnswersSpans ? 2 : Task.Labels().Count;

    /// <summary>What the factors add is multiplied by this.</summary>
    internal double Scale => Alpha / Rank;

    /// <summary>What changes the weights, as <c>name=value</c> parts.</summary>
    internal string Identity => FormattableString.Invariant(
        $"task={Task.Word()} fusion_fn={Fusion?.Name() ?? "none"} input_fusion={JoinsTexts} lora_r={Rank} lora_alpha={Alpha}")
        + FormattableString.Invariant($" lora_dropout={Dropout} cross_attention_heads={CrossAttentionHeads}")
        + FormattableString.Invariant($" base_dropout={BaseDropout?.ToString(CultureInfo.InvariantCulture) ?? "default"}")
        + FormattableString.Invariant($" source_dropout={SourceDropout} max_length={MaxLength} padding={Padding}")
        + FormattableString.Invariant($" checkpointing={Checkpointing}")
        + $" text_language={TextLanguage ?? "none"}";

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentException">Values are out of their ranges; the message names all of them.</exception>
    public void Validate()
    {
        var reasons = WhatIsWrong().ToArray();
        if (reasons.Length > 0)
            throw new ArgumentException(string.Join(" ", reasons));
    }

    private IEnumerable<string> WhatIsWrong()
    {
        foreach (var (name, value, least) in new (string, int?, int)[]
        {
            (nameof(Rank), Rank, 1), (nameof(MaxLength), MaxLength, 8), (nameof(TrainRows), TrainRows, 1),
            (nameof(CrossAttentionHeads), CrossAttentionHeads, 1),
        })
        {
            if (value < least)
                yield return $"{name} is {value}; it must be at least {least}.";
        }
        if (!double.IsFinite(Alpha) || Alpha <= 0)
            yield return $"{nameof(Alpha)} is {Alpha.ToString(CultureInfo.InvariantCulture)}; it must be a number above 0.";
        foreach (var (name, value) in new[] { (nameof(Dropout), Dropout), (nameof(BaseDropout), BaseDropout ?? 0) })
        {
            if (!(value is >= 0 and < 1))
                yield return $"{name} is {value.ToString(CultureInfo.InvariantCulture)}; it must be at least 0 and below 1.";
        }
        if (JoinsTexts && Fusion is not null)
            yield return $"{nameof(Fusion)} is {Fusion} and {nameof(JoinsTexts)} true; both languages are fused in the adapter or in the "
                + "input.";
        if (Fusion == FusionFunction.CrossAttention && CrossAttentionHeads > 0 && Rank % CrossAttentionHeads != 0)
            yield return $"{nameof(CrossAttentionHeads)} is {CrossAttentionHeads}, which does not divide {nameof(Rank)} {Rank}.";
        foreach (var (name, value, isDefined, names) in new (string, object?, bool, string[])[]
        {
            (nameof(Task), Task, Enum.IsDefined(Task), Enum.GetNames<TextTask>()),
            (nameof(Padding), Padding, Enum.IsDefined(Padding), Enum.GetNames<FusionPadding>()),
            (nameof(Fusion), Fusion, Fusion is not { } fusion || Enum.IsDefined(fusion), Enum.GetNames<FusionFunction>()),
        })
        {
            if (!isDefined)
                yield return $"{name} is {value}; it must be one of {string.Join(", ", names)}.";
        }
        if (TranslationModel is not null && (Fusion is null || TextLanguage is null))
            yield return $"{nameof(TranslationModel)} goes with {nameof(Fusion)} and {nameof(TextLanguage)}, of which there is "
                + $"{(Fusion is null ? "no fusion function" : "no language")}.";
        if (TextLanguage is not null && TranslationModel is null)
            yield return $"{nameof(TextLanguage)} is for {nameof(TranslationModel)}, which is not given.";
        if (SourceData is not null && !TakesSource)
            yield return $"{nameof(SourceData)} is given, and no source is read.";
        if (TaskAlpha is not null && TaskRunFolder is null)
            yield return $"{nameof(TaskAlpha)} is of {nameof(TaskRunFolder)}, which is not given.";
    }
}
