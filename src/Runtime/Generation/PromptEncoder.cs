namespace XlLoraOnnx.Runtime;

/// <summary>
/// Requests to token ids, with the checks that the native runtime leaves out: it takes id −1 for the last of the vocabulary; and no
/// message may end its own turn. Thread-safe.
/// </summary>
internal sealed class PromptEncoder
{
    private static readonly string[] Roles = ["system", "user", "assistant"];

    private readonly ModelFolder _folder;
    private readonly Dictionary<int, string> _specialTokens;
    // Templates that print the date print this one: the prompt of a run does not change at midnight.
    private readonly DateTimeOffset _started = DateTimeOffset.Now;
    private ChatTemplateFile? _template;
    private int[]? _specialTokensOfOneTurn;

    public PromptEncoder(ModelFolder folder)
    {
        _folder = folder;
        _specialTokens = folder.Tokenizer.SpecialTokens.ToDictionary(t => t.Value, t => t.Key);
    }

    /// <summary>With the defaults filled in.</summary>
    /// <param name="index">Its place among the caller's.</param>
    /// <exception cref="RejectedPromptException">This row cannot be generated; the others can.</exception>
    public EncodedRequest Encode(int index, GenerationRequest request)
    {
        var source = Source(request);
        var prompt = source is null ? Encode(request) : Begin(request);
        request.Progress?.Begin((source ?? prompt).Length);
        var sampling = request.Sampling ?? _folder.DefaultSampling;
        return new EncodedRequest(index, request.RowId, prompt, request.Adapter, sampling, request.MaxNewTokens)
        {
            Source = source,
            RandomStream = request.RandomStream ?? request.RowId,
            Attempt = request.Attempt,
            StopSequences = request.StopSequences,
            OnText = request.OnText,
            LogProbabilities = request.LogProbabilities,
            OnLogProbabilities = request.OnLogProbabilities,
            IgnoreStopTokens = request.IgnoreStopTokens,
            Progress = request.Progress,
        };
    }

    /// <returns>Null for a request that is refused for another reason than its length.</returns>
    public int? CountTokens(GenerationRequest request)
    {
        try
        {
            return (ReadAnyLength(request) ?? EncodeAnyLength(request)).Length;
        }
        catch (RejectedPromptException)
        {
            return null;
        }
    }

    private int[] Encode(GenerationRequest request)
    {
        var prompt = EncodeAnyLength(request);
        var context = _folder.Manifest.Dimensions.ContextLength;
        return prompt.Length < context ? prompt : throw new RejectedPromptException(RejectionKind.TooLong,
            $"The prompt has {prompt.Length:N0} tokens; this model folder serves {context:N0} for prompt and answer together.");
    }

    private static void CheckWay(GenerationRequest request)
    {
        object?[] ways = [request.UserMessage, request.Messages, request.Continuation, request.PromptTokens, request.Translation];
        if (ways.Count(way => way is not null) != 1)
            throw new RejectedPromptException(
                RejectionKind.Invalid,
                "Set one of UserMessage, Messages, Continuation, PromptTokens and Translation, and not several.");
        if (request.StopSequences.Any(string.IsNullOrEmpty))
            throw new RejectedPromptException(
                RejectionKind.Invalid, "A stop sequence is empty; it would end the answer before it begins. Leave it out.");
        if (request.MaxNewTokens < 1)
            throw new RejectedPromptException(RejectionKind.Invalid, $"MaxNewTokens is {request.MaxNewTokens}; it must be at least 1.");
        if (request.LogProbabilities is < 0 or > GenerationRequest.MostLogProbabilities)
            throw new RejectedPromptException(RejectionKind.Invalid,
                $"LogProbabilities is {request.LogProbabilities}; it must be from 0 to {GenerationRequest.MostLogProbabilities}.");
    }

    /// <summary>What the encoder of a model that translates reads; null for a model without one.</summary>
    private int[]? Source(GenerationRequest request)
    {
        var source = ReadAnyLength(request);
        var most = _folder.Decoder.Translation?.MaxSourceLength;
        return source is null || source.Length <= most ? source : throw new RejectedPromptException(RejectionKind.TooLong,
            $"The text has {source.Length:N0} tokens; the encoder of this model folder reads {most:N0}. Cut it into sentences.");
    }

    private int[]? ReadAnyLength(GenerationRequest request)
    {
        CheckWay(request);
        if ((_folder.Translation is null) != (request.Translation is null))
            throw new RejectedPromptException(RejectionKind.Invalid, _folder.Translation is null
                ? $"'{_folder.FullPath}' ({_folder.Manifest.Family}) has no encoder that reads a text in another language. Give the request "
                    + "as a message, with a prompt that asks for the translation."
                : $"'{_folder.FullPath}' ({_folder.Manifest.Family}) translates and does nothing else: set Translation, with a text and "
                    + "two languages (on the command line: xllora-onnx translate).");
        if (request.Translation is not { } asked)
            return null;
        if (asked.Tokens is null && (string.IsNullOrWhiteSpace(asked.Text) || asked.Text.Contains('\0')))
            throw new RejectedPromptException(
                RejectionKind.Invalid, "The text to translate is empty, or contains NUL (U+0000), which no table carries.");
        try
        {
            _folder.Translation!.GetLanguageId(asked.TargetLanguage);
            int[] ids = asked.Tokens is { } tokens ? [.. tokens] : _folder.Translation.EncodeSource(asked.Text, asked.SourceLanguage);
            CheckIds(ids);
            return ids;
        }
        catch (ArgumentException e)
        {
            throw new RejectedPromptException(RejectionKind.Invalid, e.Message);
        }
    }

    /// <summary>What a translation begins with: the start token and the code of its language, which is forced.</summary>
    private int[] Begin(GenerationRequest request) =>
        [_folder.Decoder.Translation!.DecoderStartTokenId, _folder.Translation!.GetLanguageId(request.Translation!.TargetLanguage)];

    private int[] EncodeAnyLength(GenerationRequest request)
    {
        int[] prompt = request.PromptTokens is { } ids ? [.. ids]
            : request.Continuation is { } text ? EncodeContinuation(text, request.AllowSpecialTokens)
            : EncodeTurns(Turns(request), request.AllowSpecialTokens);
        if (request.DoubleBos && request.PromptTokens is null)
            prompt = [_folder.Tokens.BosTokenId, .. prompt];
        CheckIds(prompt);
        return prompt;
    }

    private static ChatTurn[] Turns(GenerationRequest request)
    {
        if (request.UserMessage is { } message)
            return [new ChatTurn("user", message)];
        if (request.Messages!.Count == 0)
            throw new RejectedPromptException(RejectionKind.Invalid, "Messages is empty; a conversation has at least one turn.");
        return [.. request.Messages.Select((turn, i) => turn switch
        {
            { Role: { } role, Content: { } content } when Roles.Contains(role) => new ChatTurn(role, content),
            { Role: { } role, Content: not null } => throw new RejectedPromptException(
                RejectionKind.Invalid, $"The role of turn {i} is '{role}'; allowed are {string.Join(", ", Roles)}."),
            _ => throw new RejectedPromptException(RejectionKind.Invalid, $"Turn {i} is null, or its role or content is."),
        })];
    }

    private int[] EncodeContinuation(string text, bool allowSpecialTokens)
    {
        CheckNul(text);
        var prompt = WithOneBos(text);
        if (!allowSpecialTokens && SpecialTokens(prompt[1..]) is { Length: > 0 } foreign)
            throw new RejectedPromptException(RejectionKind.SpecialToken,
                $"The text contains the special token {string.Join(", ", foreign.Distinct().Select(id => _specialTokens[id]))}, which a "
                + "text that is continued must not hold.");
        return prompt;
    }

    private int[] EncodeTurns(ChatTurn[] turns, bool allowSpecialTokens)
    {
        foreach (var turn in turns)
            CheckNul(turn.Content);
        if (!_folder.Tokens.HasChatTemplate)
            throw new NotSupportedException(
                $"The model folder '{_folder.FullPath}' has no chat template, so messages cannot be rendered. " +
                "Export a chat (\"-it\") checkpoint, or pass PromptTokens.");
        var prompt = Tokenize(turns);
        if (!allowSpecialTokens)
            CheckSpecialTokens(prompt, turns);
        return prompt;
    }

    private static void CheckNul(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new RejectedPromptException(
                RejectionKind.Invalid, "The text contains NUL (U+0000), which no table and no native string carries.");
    }

    private int[] Tokenize(ChatTurn[] turns) => WithOneBos(Render(turns));

    /// <summary>A rendered template already has its BOS; whatever the tokenizer does, exactly one stands at the front.</summary>
    private int[] WithOneBos(string text)
    {
        int[] ids = [.. _folder.Tokenizer.WithSpecialTokens(false).EncodeToIds(text)];
        var bos = _folder.Tokens.BosTokenId;
        return [bos, .. ids.AsSpan().TrimStart(bos)];
    }

    private string Render(ChatTurn[] turns)
    {
        _template ??= ChatTemplateFile.Load(_folder.FullPath);
        try
        {
            return _template.Render(turns, _started);
        }
        catch (InvalidDataException e)
        {
            throw new RejectedPromptException(RejectionKind.Invalid, e.Message);
        }
    }

    /// <summary>The conversation has the special tokens, in order, that it has when nobody says more than "x".</summary>
    private void CheckSpecialTokens(int[] prompt, ChatTurn[] turns)
    {
        var found = SpecialTokens(prompt);
        var expected = turns is [{ Role: "user" } turn] && !string.IsNullOrWhiteSpace(turn.Content)
            ? _specialTokensOfOneTurn ??= SpecialTokens(Tokenize(Harmless(turns)))
            : SpecialTokens(Tokenize(Harmless(turns)));
        if (found.AsSpan().SequenceEqual(expected))
            return;
        var foreign = found.CountBy(id => id).Where(f => f.Value != expected.Count(id => id == f.Key))
            .Select(f => _specialTokens[f.Key]).DefaultIfEmpty("(in another order)");
        throw new RejectedPromptException(RejectionKind.SpecialToken,
            $"The text contains the special token {string.Join(", ", foreign)}, which would change the structure of the prompt.");
    }

    private int[] SpecialTokens(int[] ids) => Array.FindAll(ids, _specialTokens.ContainsKey);

    /// <summary>A template may leave a turn without words out, so that stays as it is.</summary>
    private static ChatTurn[] Harmless(ChatTurn[] turns) =>
        Array.ConvertAll(turns, t => string.IsNullOrWhiteSpace(t.Content) ? t : t with { Content = "x" });

    private void CheckIds(int[] prompt)
    {
        if (prompt.Length == 0)
            throw new RejectedPromptException(RejectionKind.Invalid, "The prompt has no tokens.");
        var vocabulary = _folder.Manifest.Dimensions.VocabSize;
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
