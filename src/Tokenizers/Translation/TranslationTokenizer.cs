using System.Collections.Frozen;

namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// The tokenizer of a many-to-many translation model (NLLB-200, M2M100): a text in the form in which the encoder reads it, with the code
/// of its language before it, and the ids of the language codes, which the decoder begins with.
/// </summary>
/// <remarks>
/// A tokenizer.json has one post-processor, for one language (NLLB's is written for <c>eng_Latn</c>; older files put the code behind the
/// text, which the models were not trained with). It is not used here: the form is always <c>code pieces &lt;/s&gt;</c>. Safe for
/// concurrent use; nothing is to be disposed.
/// </remarks>
public sealed class TranslationTokenizer
{
    // transformers' NllbTokenizer and M2M100Tokenizer, where tokenizer_config.json does not say otherwise
    private const string DefaultEosToken = "</s>";

    private readonly FrozenDictionary<string, int> _ids;
    private readonly XlLoraTokenizer _bare;

    private TranslationTokenizer(XlLoraTokenizer tokenizer, IReadOnlyDictionary<string, int> ids, int eosTokenId)
    {
        Tokenizer = tokenizer;
        _bare = tokenizer.WithSpecialTokens(false);
        _ids = ids.ToFrozenDictionary(StringComparer.Ordinal);
        Languages = [.. ids.OrderBy(language => language.Value).Select(language => language.Key)];
        EosTokenId = eosTokenId;
    }

    /// <summary>The tokenizer of the file, without what is added here. Its own special tokens are those of one language.</summary>
    public XlLoraTokenizer Tokenizer { get; }

    /// <summary>The codes of the languages that the tokenizer has, by their ids: <c>ace_Arab</c> … <c>zul_Latn</c>, or <c>af</c> …
    /// <c>zu</c> where the tokens are <c>__af__</c> … <c>__zu__</c>.</summary>
    public IReadOnlyList<string> Languages { get; }

    /// <summary>What ends a text, and what the decoder of NLLB begins with, before the code of the target language.</summary>
    public int EosTokenId { get; }

    /// <summary>Reads a tokenizer.json, or that of a folder; and the tokenizer_config.json beside it, if there is one.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or names a language code or an end token that has no id.</exception>
    /// <exception cref="NotSupportedException">There are no language codes, or the file asks for what <see cref="XlLoraTokenizer"/> does
    /// not have.</exception>
    public static TranslationTokenizer Load(string fileOrFolder)
    {
        var tokenizer = XlLoraTokenizer.Load(fileOrFolder);
        var languages = LanguageCodes.Read(tokenizer, $"'{fileOrFolder}'");
        var eos = tokenizer.EosTokenId ?? tokenizer.TokenToId(DefaultEosToken) ?? throw new InvalidDataException(
            $"'{fileOrFolder}': no eos_token that has an id in {TokenizerConfig.FileName}, and no token '{DefaultEosToken}' in " +
            $"{XlLoraTokenizer.FileName}; a text for the encoder ends with one. Name it as eos_token.");
        return new TranslationTokenizer(tokenizer, languages, eos);
    }

    /// <summary>Whether the tokenizer has a language.</summary>
    public bool HasLanguage(string language)
    {
        ArgumentNullException.ThrowIfNull(language);
        return _ids.ContainsKey(LanguageCodes.WithoutUnderscores(language));
    }

    /// <summary>The id of the token of a language, as <c>forced_bos_token_id</c> of a generation.</summary>
    /// <exception cref="ArgumentException">There is no such language; the message names the nearest ones.</exception>
    public int GetLanguageId(string language)
    {
        ArgumentException.ThrowIfNullOrEmpty(language);
        return _ids.TryGetValue(LanguageCodes.WithoutUnderscores(language), out var id)
            ? id
            : throw new ArgumentException(LanguageCodes.Unknown(language, Languages), nameof(language));
    }

    /// <summary>The ids of a text as the encoder reads it: <c>[code] pieces [&lt;/s&gt;]</c>; the labels of a target text have the same
    /// form. Nothing is cut: an id more than the model has positions is for the caller to find.</summary>
    /// <exception cref="ArgumentException">There is no such language; the message names the nearest ones.</exception>
    public int[] EncodeSource(string text, string sourceLanguage)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(text.Length / 2 + 2) { GetLanguageId(sourceLanguage) };
        _bare.EncodeToIds(text.AsSpan(), ids);
        ids.Add(EosTokenId);
        return [.. ids];
    }

    /// <summary>The text of ids, without special tokens and language codes.</summary>
    public string Decode(ReadOnlySpan<int> ids)
    {
        // a code that was added as an ordinary token is no part of the text either
        var kept = new List<int>(ids.Length);
        foreach (var id in ids)
        {
            if (!Tokenizer.LeavesOut(id) && !IsLanguage(id))
                kept.Add(id);
        }
        return Tokenizer.Decode(kept);
    }

    private bool IsLanguage(int id) =>
        Tokenizer.IdToToken(id) is { } token && _ids.TryGetValue(LanguageCodes.WithoutUnderscores(token), out var own) && own == id;
}
