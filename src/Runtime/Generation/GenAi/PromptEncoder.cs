namespace XlLoraOnnx.Runtime;

/// <summary>
/// Requests to token ids, with the checks that the native runtime leaves out: it takes id −1 for the last of the vocabulary; and no
/// message may end its own turn.
/// </summary>
internal sealed class PromptEncoder
{
    private readonly GenAiSession _session;
    private readonly Dictionary<int, string> _specialTokens;
    // Templates that print the date print this one: the prompt of a run does not change at midnight.
    private readonly DateTimeOffset _started = DateTimeOffset.Now;
    private ChatTemplateFile? _template;
    private int? _templateSpecialTokens;

    public PromptEncoder(GenAiSession session)
    {
        _session = session;
        _specialTokens = session.Tokenizer.SpecialTokens.ToDictionary(t => t.Value, t => t.Key);
    }

    /// <exception cref="RejectedPromptException">This row cannot be generated; the others can.</exception>
    public int[] Encode(GenerationRequest request)
    {
        if (request.UserMessage is null == request.PromptTokens is null)
            throw new RejectedPromptException(RejectionKind.Invalid, "Set either UserMessage or PromptTokens, and not both.");
        if (request.MaxNewTokens < 1)
            throw new RejectedPromptException(RejectionKind.Invalid, $"MaxNewTokens is {request.MaxNewTokens}; it must be at least 1.");
        int[] prompt = request.PromptTokens is { } ids ? [.. ids] : EncodeMessage(request.UserMessage!, request.AllowSpecialTokens);
        CheckIds(prompt);
        var context = _session.Manifest.Dimensions.ContextLength;
        if (prompt.Length >= context)
            throw new RejectedPromptException(RejectionKind.TooLong,
                $"The prompt has {prompt.Length:N0} tokens; this model folder serves {context:N0} for prompt and answer together.");
        return prompt;
    }

    private int[] EncodeMessage(string message, bool allowSpecialTokens)
    {
        if (message.Contains('\0'))
            throw new RejectedPromptException(
                RejectionKind.Invalid, "The text contains NUL (U+0000), which no table and no native string carries.");
        if (!_session.Tokens.HasChatTemplate)
            throw new NotSupportedException(
                $"The model folder '{_session.Folder}' has no chat template, so a user message cannot be rendered. " +
                "Export a chat (\"-it\") checkpoint, or pass PromptTokens.");
        var prompt = Tokenize(message);
        if (!allowSpecialTokens)
            CheckSpecialTokens(prompt);
        return prompt;
    }

    /// <summary>The rendered template already has its BOS; whatever the tokenizer does, exactly one stands at the front.</summary>
    private int[] Tokenize(string message)
    {
        var ids = _session.Tokenizer.EncodeToIds(Render(message), addSpecialTokens: false);
        var bos = _session.Tokens.BosTokenId;
        return [bos, .. ids.AsSpan().TrimStart(bos)];
    }

    private string Render(string message)
    {
        _template ??= ChatTemplateFile.Load(_session.Folder);
        try
        {
            return _template.Render(message, _started);
        }
        catch (InvalidDataException e)
        {
            throw new RejectedPromptException(RejectionKind.Invalid, e.Message);
        }
    }

    private void CheckSpecialTokens(int[] prompt)
    {
        _templateSpecialTokens ??= Tokenize("x").Count(_specialTokens.ContainsKey);
        if (prompt.Count(_specialTokens.ContainsKey) == _templateSpecialTokens)
            return;
        var template = Tokenize("x").Where(_specialTokens.ContainsKey).GroupBy(id => id).ToDictionary(g => g.Key, g => g.Count());
        var foreign = prompt.Where(_specialTokens.ContainsKey).GroupBy(id => id)
            .Where(g => g.Count() != template.GetValueOrDefault(g.Key)).Select(g => _specialTokens[g.Key]);
        throw new RejectedPromptException(RejectionKind.SpecialToken,
            $"The text contains the special token {string.Join(", ", foreign)}, which would change the structure of the prompt.");
    }

    private void CheckIds(int[] prompt)
    {
        if (prompt.Length == 0)
            throw new RejectedPromptException(RejectionKind.Invalid, "The prompt has no tokens.");
        var vocabulary = _session.Manifest.Dimensions.VocabSize;
        foreach (var id in prompt)
        {
            if (id < 0 || id >= vocabulary)
                throw new RejectedPromptException(
                    RejectionKind.Invalid, $"Token id {id} is outside the vocabulary: allowed are 0 to {vocabulary - 1}.");
        }
    }
}

/// <summary>One row cannot be generated; it becomes a result with <see cref="FinishReason.Rejected"/>.</summary>
internal sealed class RejectedPromptException(RejectionKind kind, string message) : Exception(message)
{
    public RejectionKind Kind { get; } = kind;
}
