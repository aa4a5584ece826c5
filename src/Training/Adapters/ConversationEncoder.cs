namespace XlLoraOnnx.Training;

/// <summary>A prompt and its answer as the ids that a model in training reads: as <c>apply_chat_template</c> of transformers, with one
/// beginning of sequence.</summary>
/// <remarks>Templates are not told the time: a run that is taken up tomorrow must read what it read today. Thread-safe.</remarks>
internal sealed class ConversationEncoder
{
    private readonly string _folder;
    private readonly ChatTemplateFile _template;
    private readonly XlLoraTokenizer _tokenizer;
    private readonly int? _bos;

    /// <param name="folder">Of the checkpoint.</param>
    public ConversationEncoder(string folder)
    {
        _folder = folder;
        _template = ChatTemplateFile.Load(folder);
        var tokenizer = XlLoraTokenizer.Load(folder);
        _bos = tokenizer.BosTokenId;
        // the template prints those that there are
        _tokenizer = tokenizer.WithSpecialTokens(false);
        PadTokenId = tokenizer.PadTokenId ?? tokenizer.EosTokenId ?? 0;
        SpecialTokens = tokenizer.SpecialTokens.Values.ToHashSet();
    }

    /// <summary>As TRL chooses it: that for padding, else the end of a text.</summary>
    public int PadTokenId { get; }

    public IReadOnlySet<int> SpecialTokens { get; }

    /// <returns>The whole conversation, and how many of its ids are the prompt: without the beginning of an answer, as TRL counts
    /// (sft_trainer.py, tokenize), so that the mark of the model's turn is learned too.</returns>
    /// <exception cref="NotSupportedException">The conversation does not begin with its prompt.</exception>
    public (int[] Ids, int PromptLength) Encode(string prompt, string answer)
    {
        ChatTurn[] turns = [new("user", prompt), new("assistant", answer)];
        var ids = Encode(turns);
        var promptIds = Encode(turns[..1]);
        if (!ids.AsSpan().StartsWith(promptIds))
            throw new NotSupportedException($"The chat template of '{_folder}' writes a prompt otherwise where an answer follows: the "
                + $"{promptIds.Length} ids of the prompt are not the first of the {ids.Length} of both, so that where the answer begins is "
                + "not known. Learn whole conversations (CompletionOnly false), or give the folder another chat_template.jinja.");
        return (ids, promptIds.Length);
    }

    /// <summary>Of the whole conversation alone, for those that are learned whole.</summary>
    public int[] EncodeWhole(string prompt, string answer) => Encode([new("user", prompt), new("assistant", answer)]);

    /// <summary>What a model that is asked has to write, and nothing else: from the end of the generation prompt to the token that ends the
    /// turn, after which nothing is read.</summary>
    /// <returns>The conversation up to that token, and how many of its ids the model is given.</returns>
    /// <exception cref="NotSupportedException">The conversation does not begin with its generation prompt.</exception>
    public (int[] Ids, int PromptLength) EncodeAnswer(string prompt, string answer)
    {
        ChatTurn[] turns = [new("user", prompt), new("assistant", answer)];
        var ids = Encode(turns);
        var promptIds = Encode(turns[..1], addGenerationPrompt: true);
        if (!ids.AsSpan().StartsWith(promptIds))
            throw new NotSupportedException($"The chat template of '{_folder}' asks for an answer otherwise than it writes one: the "
                + $"{promptIds.Length} ids of the generation prompt are not the first of the {ids.Length} of the conversation. Learn what "
                + "comes after the prompt (AssistantOnly false), or give the folder another chat_template.jinja.");
        var end = Array.FindLastIndex(ids, SpecialTokens.Contains);
        return (end >= promptIds.Length ? ids[..(end + 1)] : ids, promptIds.Length);
    }

    private int[] Encode(ChatTurn[] turns, bool addGenerationPrompt = false)
    {
        int[] ids = [.. _tokenizer.EncodeToIds(_template.Render(turns, now: null, addGenerationPrompt))];
        // as the runtime does it: exactly one, whether the template prints it or not
        return _bos is { } bos ? [bos, .. ids.AsSpan().TrimStart(bos)] : ids;
    }
}
