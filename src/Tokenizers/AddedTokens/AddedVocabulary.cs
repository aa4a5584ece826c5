using System.Collections.Frozen;

namespace XlLoraOnnx.Tokenizers;

/// <summary>The added tokens of a tokenizer: what the texts of the callers and what the normalised texts are searched for.</summary>
internal sealed class AddedVocabulary
{
    private readonly FrozenDictionary<string, AddedToken> _byContent;
    private readonly FrozenDictionary<int, AddedToken> _byId;
    private readonly FrozenSet<int> _special;

    /// <param name="normalize">What the normaliser makes of a token.</param>
    public AddedVocabulary(IReadOnlyList<AddedToken> tokens, Func<string, string> normalize)
    {
        _byContent = tokens.ToFrozenDictionary(t => t.Content, StringComparer.Ordinal);
        _byId = tokens.ToFrozenDictionary(t => t.Id);
        _special = tokens.Where(t => t.Special).Select(t => t.Id).ToFrozenSet();
        Raw = Matcher(tokens.Where(t => !t.Normalized).Select(t => (t, t.Content)));
        Normalized = Matcher(tokens.Where(t => t.Normalized).Select(t => (t, normalize(t.Content))));
        Special = tokens.Where(t => t.Special).ToFrozenDictionary(t => t.Content, t => t.Id, StringComparer.Ordinal);
    }

    /// <summary>Null where there is nothing to look for.</summary>
    public AddedTokenMatcher? Raw { get; }

    public AddedTokenMatcher? Normalized { get; }

    /// <summary>Content → id.</summary>
    public IReadOnlyDictionary<string, int> Special { get; }

    public IReadOnlyCollection<string> Contents => _byContent.Keys;

    public int Size => _byId.Count == 0 ? 0 : _byId.Keys.Max() + 1;

    public AddedToken? Find(string content) => _byContent.GetValueOrDefault(content);

    public AddedToken? Find(int id) => _byId.GetValueOrDefault(id);

    public bool IsSpecial(int id) => _special.Contains(id);

    private static AddedTokenMatcher? Matcher(IEnumerable<(AddedToken, string)> tokens) =>
        tokens.ToList() is { Count: > 0 } list ? new AddedTokenMatcher(list) : null;
}
