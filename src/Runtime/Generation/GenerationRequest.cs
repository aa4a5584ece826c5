namespace XlLoraOnnx.Runtime;

/// <summary>One prompt to be continued; <see cref="RowId"/> comes back with its result.</summary>
/// <remarks>
/// Exactly one of <see cref="UserMessage"/>, <see cref="Messages"/>, <see cref="Continuation"/>, <see cref="PromptTokens"/> and
/// <see cref="Translation"/> is set; the generator rejects a row with none of them or several.
/// </remarks>
public sealed record GenerationRequest
{
    /// <summary>Most that <see cref="LogProbabilities"/> may be.</summary>
    public const int MostLogProbabilities = 20;

    /// <summary>The caller's name for this row, unique within one call; returned with the result.</summary>
    /// <remarks>It is also the number of the row's random stream, where <see cref="RandomStream"/> gives none.</remarks>
    public required long RowId { get; init; }

    /// <summary>Number of the random stream that sampled tokens are drawn from; null for the number in <see cref="RowId"/>.</summary>
    /// <remarks>
    /// A token depends on <see cref="SamplingOptions.Seed"/>, this number, <see cref="Adapter"/>, <see cref="Attempt"/> and how many tokens
    /// come before it, and on no other row: requests that have all of them in common, and the prompt, have the same answer. On ONNX Runtime
    /// GenAI, where a batch draws from one stream, it depends on those of all rows of the batch.
    /// </remarks>
    public long? RandomStream { get; init; }

    /// <summary>What the user says; rendered with the model's chat template, with exactly one beginning-of-sequence token.</summary>
    public string? UserMessage { get; init; }

    /// <summary>Or a conversation that the model continues; rendered with its chat template, with one BOS.</summary>
    /// <remarks>What the template refuses, such as roles that do not alternate, is a rejected row with the template's message.</remarks>
    public IReadOnlyList<ChatTurn>? Messages { get; init; }

    /// <summary>Or a text that the model goes on with, as base models do: no template, one beginning-of-sequence token.</summary>
    public string? Continuation { get; init; }

    /// <summary>Or the prompt as token ids, used as they are: no template, no token added.</summary>
    public IReadOnlyList<int>? PromptTokens { get; init; }

    /// <summary>Or a text that an encoder reads and a decoder writes in another language; of models that have both, and of no
    /// other.</summary>
    public TranslationSource? Translation { get; init; }

    /// <summary>Name of the adapter, one of <see cref="ITextGenerator.Adapters"/>; null for the base model.</summary>
    public string? Adapter { get; init; }

    /// <summary>How tokens are chosen; null for what the model's <c>generation_config.json</c> says.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Most tokens to generate, the stop token not counted; at least 1.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>Texts before which the answer ends: at the one that is complete first; empty for none.</summary>
    /// <remarks>
    /// They and what comes after them are no part of the text; the tokens they are made of are counted. A row that ends at one has
    /// <see cref="FinishReason.Stop"/>.
    /// </remarks>
    public IReadOnlyList<string> StopSequences { get; init; } = [];

    /// <summary>Whether messages and continuations may contain the text of special tokens, which then become those tokens.</summary>
    /// <remarks>
    /// By default such a row is rejected (<see cref="RejectionKind.SpecialToken"/>): data must not be able to end its own turn.
    /// </remarks>
    public bool AllowSpecialTokens { get; init; }

    /// <summary>Whether the row goes on past stop tokens until <see cref="MaxNewTokens"/>; for measuring.</summary>
    public bool IgnoreStopTokens { get; init; }

    /// <summary>A number that gives the same row another random stream, for another try; part of the seed.</summary>
    public int Attempt { get; init; }

    /// <summary>Whether a rendered message begins with two beginning-of-sequence tokens instead of one.</summary>
    /// <remarks>As in the reference code of XL-LoRA, which tokenizes what has its BOS already; for comparing with what it made.</remarks>
    public bool DoubleBos { get; init; }

    /// <summary>Called with each new piece of text; the pieces together are <see cref="GenerationResult.Text"/>.</summary>
    /// <remarks>
    /// Called on the engine's thread, which waits: it must return soon, must not throw, and must not call the generator. An exception ends
    /// the row as <see cref="RejectionKind.Invalid"/> with its message; other rows go on.
    /// </remarks>
    public Action<string>? OnText { get; init; }

    /// <summary>How many of the likeliest tokens to tell in the place of each token, 0 to <see cref="MostLogProbabilities"/>, with the
    /// log-probability of the token itself; null for none of it.</summary>
    /// <remarks>
    /// They come in <see cref="GenerationResult.LogProbabilities"/>, and to <see cref="OnLogProbabilities"/>. A search over beams and ONNX
    /// Runtime GenAI have none: <see cref="NotSupportedException"/>.
    /// </remarks>
    public int? LogProbabilities { get; init; }

    /// <summary>Called with each new token, just before <see cref="OnText"/> with what it adds; null for nobody.</summary>
    /// <remarks>Under the terms of <see cref="OnText"/>, where <see cref="LogProbabilities"/> are asked for.</remarks>
    public Action<TokenLogProbabilities>? OnLogProbabilities { get; init; }

    /// <summary>Told how far the row is, by whoever follows it; null where nobody does.</summary>
    internal RowProgress? Progress { get; init; }
}

/// <summary>What is to be translated.</summary>
/// <param name="Text">In the source language; not empty.</param>
/// <param name="SourceLanguage">As the model's tokenizer spells it, e.g. <c>eng_Latn</c> (NLLB-200: language and script).</param>
/// <param name="TargetLanguage">Likewise, e.g. <c>hau_Latn</c>.</param>
public sealed record TranslationSource(string Text, string SourceLanguage, string TargetLanguage)
{
    /// <summary>Or the ids that the encoder reads, used as they are: the code of the language and the stop token among them; null to have
    /// them made of <see cref="Text"/>.</summary>
    public IReadOnlyList<int>? Tokens { get; init; }
}
