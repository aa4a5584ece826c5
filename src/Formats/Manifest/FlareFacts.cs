namespace XlLoraOnnx.Formats;

/// <summary>What a folder promises that reads two languages at once (FLARE, arXiv 2501.06892), beside what it is otherwise.</summary>
public sealed record FlareFacts
{
    /// <summary>What the adapter was trained for, as FLARE calls it: <c>xnli</c>, <c>nusax</c>, <c>tydiqa</c>; absent where the run does not
    /// say.</summary>
    public string? Task { get; init; }
    /// <summary>What comes out: <c>classification</c> (<c>logits</c>), <c>question_answering</c> (<c>start_logits</c>, <c>end_logits</c>), or
    /// <c>language_model</c> (<c>logits</c> of the next token).</summary>
    public required string Head { get; init; }
    /// <summary>Numbers in <c>logits</c>; 2, start and end, of question answering; the vocabulary of a language model.</summary>
    public required int Labels { get; init; }
    /// <summary>The fusion function, as FLARE calls it; absent for a plain adapter.</summary>
    public string? Fusion { get; init; }
    /// <summary>Where the second language comes from: <c>none</c>, <c>model</c> or <c>translation_encoder</c>.</summary>
    public required string Source { get; init; }
    /// <summary>Numbers of a state of the source.</summary>
    public int? SourceDimension { get; init; }
    /// <summary>Heads of the fusion function <c>cross-attention</c>; absent for others.</summary>
    public int? CrossAttentionHeads { get; init; }
    /// <summary>Whether the input is source and target one after the other.</summary>
    public bool JoinsTexts { get; init; }
    /// <summary>Tokens that each text was cut and padded to in training; absent where the run does not say.</summary>
    public int? MaxLength { get; init; }
    /// <summary>The end at which longer texts are cut off, <c>left</c> or <c>right</c>; absent in folders of older versions, which means
    /// <c>left</c>.</summary>
    public string? TruncationSide { get; init; }
    /// <summary>Whether an end token stands behind every prompt, as FLARE's code has it for Gemma.</summary>
    public bool AddEosToken { get; init; }
    /// <summary>Code of the language of the source; absent where the run does not say.</summary>
    public string? SourceLanguage { get; init; }
    /// <summary>Code of the language of the target; absent where the run does not say.</summary>
    public string? TargetLanguage { get; init; }
}
