using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <summary>The tokenizer files of a checkpoint: copied as they are, and read for what the manifest states.</summary>
internal sealed class TokenizerFiles
{
    private const string Tokenizer = "tokenizer.json";
    private const string Config = "tokenizer_config.json";
    private static readonly string[] Required = [Tokenizer, Config];
    private static readonly string[] Templates = ["chat_template.jinja", "chat_template.json"];
    private static readonly string[] Optional = [.. Templates, "special_tokens_map.json"];

    private readonly HashSet<int> _addedTokens;

    public static TokenizerFiles Read(string folder)
    {
        var missing = Required.Where(name => !File.Exists(Path.Combine(folder, name))).ToArray();
        if (missing.Length > 0)
            throw new FileNotFoundException(
                $"'{folder}' lacks {string.Join(" and ", missing)}. "
                + "Save the tokenizer beside the weights: tokenizer.save_pretrained(folder).");
        return new TokenizerFiles(folder);
    }

    public IReadOnlyList<string> Paths { get; }

    public bool HasChatTemplate { get; }

    /// <summary>Where tokenizer_config.json says otherwise than tokenizer.json, which is followed.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>The beginning token and eight ordinary ones, spread over the vocabulary: always the same for a checkpoint.</summary>
    public IReadOnlyList<int> CanaryIds(int bosTokenId, int vocabSize, IEnumerable<int> special)
    {
        const int Count = 8;
        var taken = new HashSet<int>(_addedTokens);
        taken.UnionWith(special);
        taken.Add(bosTokenId);
        var ids = new List<int> { bosTokenId };
        for (var k = 1; k <= Count; k++)
        {
            var start = (int)((long)vocabSize * k / (Count + 1));
            var candidates = Enumerable.Range(start, vocabSize - start).Concat(Enumerable.Range(0, start));
            if (candidates.Where(taken.Add).Select(id => (int?)id).FirstOrDefault() is { } ordinary)
                ids.Add(ordinary);
        }
        return ids;
    }

    private TokenizerFiles(string folder)
    {
        var optional = Optional.Where(name => File.Exists(Path.Combine(folder, name)));
        Paths = [.. Required.Concat(optional).Select(name => Path.Combine(folder, name))];
        foreach (var file in Paths)
            FolderLinks.Check(file);
        var config = ConfigReader.Open(Path.Combine(folder, Config));
        TokenizerFields.OfAny.ThrowIfRefused(config);
        HasChatTemplate = config.Has("chat_template")
            || Templates.Any(name => File.Exists(Path.Combine(folder, name)));
        var path = Path.Combine(folder, Tokenizer);
        using var document = UntrustedJson.Parse(path, UntrustedJson.MaxTokenizerBytes);
        TokenizerAgreement.Check(config, document.RootElement);
        Notices = TokenizerAgreement.Notices(config, document.RootElement);
        _addedTokens = ReadAddedTokens(path, document);
    }

    private static HashSet<int> ReadAddedTokens(string path, JsonDocument document)
    {
        var ids = new HashSet<int>();
        if (!document.RootElement.TryGetProperty("added_tokens", out var tokens) || tokens.ValueKind != JsonValueKind.Array)
            return ids;
        foreach (var token in tokens.EnumerateArray())
        {
            if (token.ValueKind != JsonValueKind.Object || !token.TryGetProperty("id", out var id)
                || id.ValueKind != JsonValueKind.Number || !id.TryGetInt32(out var value))
                throw new InvalidDataException($"'{path}': an entry of added_tokens has no integer id: {token.GetRawText()}.");
            ids.Add(value);
        }
        return ids;
    }
}
