using System.Globalization;

namespace XlLoraOnnx.Training;

/// <summary>What an encoder is trained for, beside <see cref="TrainingOptions"/>: the contrastive objective of SimCSE.</summary>
/// <remarks>Names and defaults are those of simcse_train.py of XL-LoRA, which stand in parentheses.</remarks>
public sealed record EncoderTrainingOptions
{
    private const double DefaultMlmWeight = 0.1;
    private const double DefaultMlmProbability = 0.15;

    /// <summary>How a text becomes one vector (<c>pooler_type</c>; avg_first_last in XL-LoRA's scripts).</summary>
    public EncoderPooler Pooler { get; init; }

    /// <summary>For <see cref="EncoderPooler.Cls"/>: the linear layer serves training alone, and the model that is written has none
    /// (<c>mlp_only_train</c>, false).</summary>
    public bool MlpOnlyTrain { get; init; }

    /// <summary>τ, which cosines are divided by (<c>temp</c>, 0.05).</summary>
    public double Temperature { get; init; } = 0.05;

    /// <summary>Added to the logit of an anchor's own hard negative (<c>hard_negative_weight</c>, 0): the logarithm of a weight.</summary>
    public double HardNegativeWeight { get; init; }

    /// <summary>Whether the loss of a masked language model is added: a second pass over the same texts, some tokens of which are hidden
    /// and are to be guessed (<c>do_mlm</c>, false). The checkpoint needs a head that guesses them; it is trained too, and is no part of
    /// the model that is written.</summary>
    public bool MaskedLanguageModeling { get; init; }

    /// <summary>What that loss is multiplied by (<c>mlm_weight</c>, 0.1).</summary>
    public double MlmWeight { get; init; } = DefaultMlmWeight;

    /// <summary>Share of the tokens that are to be guessed: of ten, eight are hidden, one is another token, and one stays
    /// (<c>mlm_probability</c>, 0.15).</summary>
    public double MlmProbability { get; init; } = DefaultMlmProbability;

    /// <summary>Tokens that longer texts are cut to, special tokens included (<c>max_seq_length</c>, 32).</summary>
    public int MaxLength { get; init; } = 32;

    /// <summary>Texts that the encoder holds in memory at once; null for a whole batch.</summary>
    /// <remarks>The contrast is over the whole batch all the same, and the gradients are the same (GradCache, arXiv 2101.06983), for one
    /// more pass forward.</remarks>
    public int? ChunkSize { get; init; }

    /// <summary>Whether layers are computed again for their gradients, and only the states between them kept (arXiv 1604.06174): half the
    /// memory or less, for one more pass forward (<c>gradient_checkpointing</c>, false).</summary>
    public bool Checkpointing { get; init; }

    /// <summary>Share of every state that is dropped in a step; null for what config.json says of each place.</summary>
    public double? Dropout { get; init; }

    /// <summary>Takes the first so many rows of the data; null for all (<c>max_train_samples</c>).</summary>
    public int? TrainRows { get; init; }

    /// <summary>Of a data folder that has several; null where it has one.</summary>
    public string? Split { get; init; }

    /// <summary>Files and folders that the encoder is scored on, as <c>evaluate</c> takes them. The first score is the one that early
    /// stopping looks at: of several sets their mean.</summary>
    public IReadOnlyList<string> DevSets { get; init; } = [];

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentException">Values are out of their ranges; the message names all of them.</exception>
    public void Validate()
    {
        var reasons = WhatIsWrong().ToArray();
        if (reasons.Length > 0)
            throw new ArgumentException(string.Join(" ", reasons));
    }

    /// <summary>What changes the weights, as <c>name=value</c> parts.</summary>
    internal string Identity => FormattableString.Invariant(
        $"pooler={Pooler.Name()} mlp_only_train={MlpOnlyTrain} temp={Temperature} hard_negative_weight={HardNegativeWeight}")
        + FormattableString.Invariant($" max_length={MaxLength} chunk_size={OrNone(ChunkSize)} dropout={OrNone(Dropout)}")
        + $" checkpointing={Checkpointing}"
        + (!MaskedLanguageModeling ? ""
            : FormattableString.Invariant($" do_mlm=True mlm_weight={MlmWeight} mlm_probability={MlmProbability}"))
        // which of the weights are kept may depend on them
        + $" dev_sets={string.Join(',', DevSets.Select(p => Path.GetFileName(Path.TrimEndingDirectorySeparator(p)).Replace(' ', '_')))}";

    private static string OrNone(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture) ?? "none";

    private IEnumerable<string> WhatIsWrong()
    {
        foreach (var (name, value) in new (string, int?)[]
        {
            (nameof(MaxLength), MaxLength), (nameof(ChunkSize), ChunkSize), (nameof(TrainRows), TrainRows),
        })
        {
            if (value < 1)
                yield return $"{name} is {value}; it must be at least 1.";
        }
        foreach (var (name, value, isAllowed, range) in new (string, double, bool, string)[]
        {
            (nameof(Temperature), Temperature, Temperature > 0, "a number above 0"),
            (nameof(HardNegativeWeight), HardNegativeWeight, true, "a number"),
            (nameof(MlmWeight), MlmWeight, MlmWeight > 0, "a number above 0"),
            (nameof(MlmProbability), MlmProbability, MlmProbability is > 0 and < 1, "above 0 and below 1"),
            (nameof(Dropout), Dropout ?? 0, Dropout is null or >= 0 and < 1, "at least 0 and below 1"),
        })
        {
            if (!isAllowed || !double.IsFinite(value))
                yield return $"{name} is {value.ToString(CultureInfo.InvariantCulture)}; it must be {range}.";
        }
        if (!MaskedLanguageModeling && (MlmWeight != DefaultMlmWeight || MlmProbability != DefaultMlmProbability))
            yield return $"{nameof(MlmWeight)} and {nameof(MlmProbability)} go with {nameof(MaskedLanguageModeling)}, which is not set.";
        if (!Enum.IsDefined(Pooler))
            yield return $"{nameof(Pooler)} is {Pooler}; it must be one of {string.Join(", ", Enum.GetNames<EncoderPooler>())}.";
        else if (MlpOnlyTrain && Pooler != EncoderPooler.Cls)
            yield return $"{nameof(MlpOnlyTrain)} goes with {nameof(Pooler)} {EncoderPooler.Cls}, which has a linear layer; {Pooler} has "
                + "none.";
    }
}
