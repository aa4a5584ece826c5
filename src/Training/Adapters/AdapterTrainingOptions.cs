using System.Globalization;

namespace XlLoraOnnx.Training;

/// <summary>What a LoRA adapter learns, and how large it is; how long and how fast is in <see cref="TrainingOptions"/>.</summary>
/// <remarks>Names and defaults are those of XL-LoRA (arXiv 2603.01732, lora_training.py), PEFT and TRL, which stand in
/// parentheses.</remarks>
public sealed record AdapterTrainingOptions
{
    /// <summary>How the adapters of XL-LoRA were trained: 3 epochs, learning rate 2e-4 throughout (constant schedule), gradients clipped to
    /// 0.3, 16 rows a batch.</summary>
    public static TrainingOptions TrainingDefaults { get; } = new()
    {
        Epochs = 3,
        BatchSize = 16,
        LearningRate = 2e-4,
        Schedule = LearningRateSchedule.Constant,
        MaxGradNorm = 0.3,
    };

    /// <summary>Of <c>sent0</c> with <c>sent1</c> or <c>hard_neg</c> (<c>--positive_prompts</c>); null for data of other columns.</summary>
    public AdapterSide? Side { get; init; }

    /// <summary>English name of the language of the answers, for the prompt (<c>--language</c>, English).</summary>
    public string Language { get; init; } = "English";

    /// <summary>The prompt around <c>sent0</c>: <c>xllora-train-v1</c>, or <c>xllora-gen-v1</c>, which adapters are asked with.</summary>
    /// <remarks>XL-LoRA trains with the one and generates with the other.</remarks>
    public string PromptSet { get; init; } = "xllora-train-v1";

    /// <summary>r of A [r, in] and B [out, r] (<c>r</c>, 8).</summary>
    public int Rank { get; init; } = 8;

    /// <summary>What the factors add is multiplied by alpha / r (<c>lora_alpha</c>, 16).</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>Share of what goes into A that drops out (<c>lora_dropout</c>, 0.05).</summary>
    public double Dropout { get; init; } = 0.05;

    /// <summary>Modules by the ends of their names, e.g. <c>q_proj</c> (<c>target_modules</c>); null for all linear modules of the text
    /// model (<c>all-linear</c>), which never are the head or the vision tower.</summary>
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>Tokens after which an example is cut (<c>max_length</c>, 512).</summary>
    public int MaxLength { get; init; } = 512;

    /// <summary>Whether the answer alone is learned, and not the prompt (<c>completion_only_loss</c>); null for true with
    /// <c>sent0</c>, and false with <c>inputs</c> and <c>targets</c> or <c>prompt</c> and <c>completion</c>.</summary>
    public bool? CompletionOnly { get; init; }

    /// <summary>Whether only what the model has to write is learned: the answer and the token that ends it, without the mark of its turn,
    /// which the generation prompt gives (<c>assistant_only_loss</c>).</summary>
    /// <remarks>XL-LoRA learns the mark, too. A base that was never trained on it learns better without.</remarks>
    public bool AssistantOnly { get; init; }

    /// <summary>Batches of a step (<c>gradient_accumulation_steps</c>, 1; 4 in the scripts of XL-LoRA).</summary>
    public int GradientAccumulation { get; init; } = 1;

    /// <summary>Whether layers are computed again for their gradients, and only the states between them kept (arXiv 1604.06174;
    /// <c>gradient_checkpointing</c>, which XL-LoRA has on).</summary>
    public bool Checkpointing { get; init; }

    /// <summary>How the linear modules of the base lie in memory (<c>load_in_4bit</c> with NF4 and double quantisation in
    /// XL-LoRA).</summary>
    public AdapterBasePrecision BasePrecision { get; init; }

    /// <summary>The first so many rows, in the order of the file (<c>--train_dataset_size</c>); null for all.</summary>
    public int? TrainRows { get; init; }

    /// <summary>Data of the same columns that the adapter is scored on while it is trained; null for none.</summary>
    /// <remarks>The score is the mean log-likelihood of a token that is to be learned: minus the loss.</remarks>
    public string? DevData { get; init; }

    /// <summary>What the adapter calls its base (<c>base_model_name_or_path</c>); null for the name of the folder.</summary>
    public string? BaseModelName { get; init; }

    /// <summary>What the factors add is multiplied by this.</summary>
    internal double Scale => Alpha / Rank;

    /// <summary>What changes the weights, as <c>name=value</c> parts.</summary>
    internal string Identity => FormattableString.Invariant(
        $"side={Word(Side)} language={Part(Language)} prompt_set={PromptSet} r={Rank} lora_alpha={Alpha} lora_dropout={Dropout}")
        + FormattableString.Invariant($" target_modules={Part(string.Join(',', TargetModules ?? ["all-linear"]))} max_length={MaxLength}")
        + FormattableString.Invariant($" completion_only_loss={CompletionOnly?.ToString() ?? "default"}")
        + (AssistantOnly ? " assistant_only_loss=True" : "")
        + FormattableString.Invariant($" gradient_accumulation={GradientAccumulation} checkpointing={Checkpointing}")
        + (BasePrecision == AdapterBasePrecision.Fp32 ? "" : $" base_precision={BasePrecision.ToString().ToLowerInvariant()}");

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentException">Values are out of their ranges; the message names all of them.</exception>
    public void Validate()
    {
        var reasons = WhatIsWrong().ToArray();
        if (reasons.Length > 0)
            throw new ArgumentException(string.Join(" ", reasons));
    }

    // parts are told apart by spaces
    private static string Part(string text) => Uri.EscapeDataString(text);

    private static string Word(AdapterSide? side) => side?.ToString().ToLowerInvariant() ?? "none";

    private IEnumerable<string> WhatIsWrong()
    {
        foreach (var (name, value, least) in new (string, int?, int)[]
        {
            (nameof(Rank), Rank, 1), (nameof(MaxLength), MaxLength, 2), (nameof(GradientAccumulation), GradientAccumulation, 1),
            (nameof(TrainRows), TrainRows, 1),
        })
        {
            if (value < least)
                yield return $"{name} is {value}; it must be at least {least}.";
        }
        if (!double.IsFinite(Alpha) || Alpha <= 0)
            yield return $"{nameof(Alpha)} is {Alpha.ToString(CultureInfo.InvariantCulture)}; it must be a number above 0.";
        if (!(Dropout is >= 0 and < 1))
            yield return $"{nameof(Dropout)} is {Dropout.ToString(CultureInfo.InvariantCulture)}; it must be at least 0 and below 1.";
        if (AssistantOnly && CompletionOnly == false)
            yield return $"{nameof(AssistantOnly)} is true and {nameof(CompletionOnly)} false; a prompt is learned or it is not.";
        if (string.IsNullOrWhiteSpace(Language))
            yield return $"{nameof(Language)} is empty; it must be the English name of a language, for example English.";
        if (Side is { } side && !Enum.IsDefined(side))
            yield return $"{nameof(Side)} is {side}; it must be one of {string.Join(", ", Enum.GetNames<AdapterSide>())}.";
        if (!Enum.IsDefined(BasePrecision))
            yield return $"{nameof(BasePrecision)} is {BasePrecision}; it must be one of "
                + $"{string.Join(", ", Enum.GetNames<AdapterBasePrecision>())}.";
        if (TargetModules is { } modules && (modules.Count == 0 || modules.Any(string.IsNullOrWhiteSpace)))
            yield return $"{nameof(TargetModules)} is [{string.Join(", ", modules)}]; it must hold names of modules, or be null for all.";
    }
}
