namespace XlLoraOnnx.Tokenizers;

/// <summary>The section <c>added_tokens</c> of tokenizer.json.</summary>
internal static class AddedTokenReader
{
    private const int MaxHoles = 65_536;

    /// <exception cref="InvalidDataException">A token contradicts the vocabulary, or another token.</exception>
    public static IReadOnlyList<AddedToken> Read(JsonPart root, ModelVocabulary vocabulary)
    {
        if (!root.Has("added_tokens"))
            return [];
        var tokens = new List<AddedToken>();
        var ids = new Dictionary<int, string>();
        var contents = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var part in root.Parts("added_tokens"))
        {
            var token = ReadToken(part);
            if (token.Content.Length == 0)
                continue; // as the reference does
            Check(token, part, vocabulary);
            if (!contents.TryAdd(token.Content, token.Id))
                throw new InvalidDataException($"{part.Where}: '{token.Content}' is there twice.");
            if (!ids.TryAdd(token.Id, token.Content))
                throw new InvalidDataException($"{part.Where}: the id {token.Id} belongs to both '{ids[token.Id]}' and '{token.Content}'.");
            tokens.Add(token);
        }
        return tokens;
    }

    private static AddedToken ReadToken(JsonPart part)
    {
        var special = part.Bool("special", absent: false);
        var content = part.Text("content");
        if (content.Length > AddedToken.MaxLength)
            throw part.Unsupported($"a token of {content.Length:N0} characters", $"tokens of up to {AddedToken.MaxLength:N0}");
        return new AddedToken(
            part.Count("id"), content, part.Bool("single_word", absent: false), part.Bool("lstrip", absent: false),
            part.Bool("rstrip", absent: false), part.Bool("normalized", absent: !special), special);
    }

    private static void Check(AddedToken token, JsonPart part, ModelVocabulary vocabulary)
    {
        if (vocabulary.IdOf(token.Content) is >= 0 and var known && known != token.Id)
            throw new InvalidDataException($"{part.Where}: '{token.Content}' has id {token.Id} here, but {known} in the vocabulary.");
        if (vocabulary.PieceOf(token.Id) is { } other && other != token.Content)
            throw new InvalidDataException($"{part.Where}: the id {token.Id} belongs to both '{other}' and '{token.Content}'.");
        if (token.Id > vocabulary.Size + MaxHoles)
            throw new InvalidDataException(
                $"{part.Where}: the id of '{token.Content}' is {token.Id}; with a vocabulary of {vocabulary.Size:N0} ids up to " +
                $"{vocabulary.Size + MaxHoles} are read.");
    }
}
