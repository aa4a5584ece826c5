using System.Buffers;
using Microsoft.ML.Tokenizers;

namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// A tokenizer from a Hugging Face tokenizer.json: the same ids as the tokenizers library, for everything that takes a
/// <see cref="Tokenizer"/> of Microsoft.ML.Tokenizers.
/// </summary>
/// <remarks>
/// <para>Safe for concurrent use; nothing is to be disposed. Halves of surrogate pairs count as U+FFFD, which is what the reference sees of
/// them; U+0000 is a character like any other. <c>truncation</c> and <c>padding</c> of the file are not applied, as in transformers: see
/// <see cref="TokenizerOptions"/>.</para>
/// <para><b>Special tokens.</b> Every member, those of the base class included, puts the special tokens of the file around a text where
/// <see cref="AddsSpecialTokens"/> says so: a property of the tokenizer, as <c>AddBeginningOfSentence</c> is for
/// <see cref="SentencePieceTokenizer"/>. A tokenizer that was just loaded does, so that its ids and counts are those that a model gets.
/// Who adds up the counts of many texts takes <see cref="WithSpecialTokens"/>(false).</para>
/// <para><b>Offsets and indices</b> are of the caller's text, in UTF-16 units, whatever the file normalises; so the base class's
/// <c>normalizedText</c> is always null. <c>considerNormalization</c> and <c>considerPreTokenization</c> leave nothing out: what
/// tokenizer.json says is one whole, of which <see cref="Tokenizer.Normalizer"/> and <see cref="Tokenizer.PreTokenizer"/> show no part.
/// Chunkers that turn normalisation off, in order to get indices of their own text, get them, and counts that hold for the model.</para>
/// </remarks>
public sealed partial class XlLoraTokenizer : Tokenizer
{
    /// <summary>The file that is looked for in a folder.</summary>
    public const string FileName = "tokenizer.json";

    private readonly TokenizerPipeline _pipeline;
    private readonly TokenizerConfig _config;
    private readonly WorkspacePool _workspaces;
    private readonly SequenceTemplate _template;

    private XlLoraTokenizer(TokenizerPipeline pipeline, TokenizerConfig config, WorkspacePool workspaces, bool addsSpecialTokens)
    {
        _pipeline = pipeline;
        _config = config;
        _workspaces = workspaces;
        _template = Template(addsSpecialTokens);
        AddsSpecialTokens = addsSpecialTokens;
    }

    /// <summary>Whether texts get the special tokens of the file around them, where the caller does not say otherwise.</summary>
    public bool AddsSpecialTokens { get; }

    /// <summary>One more than the highest id.</summary>
    public int VocabSize => _pipeline.VocabSize;

    /// <summary>The special tokens: content → id.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens => _pipeline.Added.Special;

    /// <summary><c>bos_token</c> of tokenizer_config.json.</summary>
    public int? BosTokenId => IdOf(_config.BosToken);

    /// <summary><c>eos_token</c> of tokenizer_config.json.</summary>
    public int? EosTokenId => IdOf(_config.EosToken);

    /// <summary><c>pad_token</c> of tokenizer_config.json.</summary>
    public int? PadTokenId => IdOf(_config.PadToken);

    /// <summary><c>unk_token</c> of tokenizer_config.json.</summary>
    public int? UnknownTokenId => IdOf(_config.UnknownToken);

    /// <summary><c>mask_token</c> of tokenizer_config.json.</summary>
    public int? MaskTokenId => IdOf(_config.MaskToken);

    /// <summary><c>model_max_length</c> of tokenizer_config.json; null if there is no limit.</summary>
    public int? ModelMaxLength => _config.ModelMaxLength;

    /// <summary><c>padding_side</c> of tokenizer_config.json.</summary>
    public SequenceSide PaddingSide => _config.PadsLeft ? SequenceSide.Left : SequenceSide.Right;

    /// <summary>The contents of the added tokens, special or not.</summary>
    internal IReadOnlyCollection<string> AddedTokens => _pipeline.Added.Contents;

    /// <summary><c>additional_special_tokens</c> of tokenizer_config.json, which newer files call <c>extra_special_tokens</c>.</summary>
    internal IReadOnlyList<string> AdditionalSpecialTokens => _config.AdditionalSpecialTokens;

    /// <summary>Reads a tokenizer.json, or that of a folder; and the tokenizer_config.json beside it, if there is one.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is malformed or contradicts itself.</exception>
    /// <exception cref="NotSupportedException">It asks for what this tokenizer does not have; the message names it and
    /// what there is.</exception>
    public static XlLoraTokenizer Load(string fileOrFolder)
    {
        ArgumentException.ThrowIfNullOrEmpty(fileOrFolder);
        var path = Directory.Exists(fileOrFolder) ? Path.Combine(fileOrFolder, FileName) : fileOrFolder;
        var config = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, TokenizerConfig.FileName);
        return new XlLoraTokenizer(TokenizerReader.Read(path), TokenizerConfig.Read(config), new WorkspacePool(), addsSpecialTokens: true);
    }

    /// <summary>The same tokenizer, with or without special tokens around texts. The two share everything: it costs nothing.</summary>
    public XlLoraTokenizer WithSpecialTokens(bool adds) =>
        adds == AddsSpecialTokens ? this : new XlLoraTokenizer(_pipeline, _config, _workspaces, adds);

    /// <summary>Appends the ids of a text. Once warm, nothing is allocated but what the list needs to grow.</summary>
    public void EncodeToIds(ReadOnlySpan<char> text, List<int> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var workspace = _workspaces.Rent();
        var ids = Encode(text, tracks: false, workspace);
        foreach (var place in _template.Single)
            destination.AddRange(place.Sequence == TemplatePlace.Special ? place.SpecialIds : ids);
        _workspaces.Return(workspace, text.Length);
    }

    /// <summary>Writes the ids of a text. Once warm, nothing is allocated but what the writer needs.</summary>
    public void EncodeToIds(ReadOnlySpan<char> text, IBufferWriter<int> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var workspace = _workspaces.Rent();
        var ids = Encode(text, tracks: false, workspace);
        foreach (var place in _template.Single)
            destination.Write(place.Sequence == TemplatePlace.Special ? place.SpecialIds : ids);
        _workspaces.Return(workspace, text.Length);
    }

    /// <summary>The text of ids. Ids that no token has are left out, as in the reference.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) => _pipeline.Decode(ids, skipSpecialTokens);

    /// <returns>Null where there is no such token.</returns>
    public int? TokenToId(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return _pipeline.IdOf(token) is >= 0 and var id ? id : null;
    }

    /// <returns>Null where no token has the id.</returns>
    public string? IdToToken(int id) => _pipeline.TokenOf(id);

    /// <summary>Whether <see cref="Decode(ReadOnlySpan{int}, bool)"/> leaves the id out: a special token, or none at all.</summary>
    public bool LeavesOut(int id) => _pipeline.Added.IsSpecial(id) || _pipeline.TokenOf(id) is null;

    /// <summary>A workspace whose encoding fails is not given back.</summary>
    private ReadOnlySpan<int> Encode(ReadOnlySpan<char> text, bool tracks, TokenizerWorkspace workspace)
    {
        _pipeline.Encode(text, tracks, workspace);
        return workspace.Output.Ids;
    }

    private SequenceTemplate Template(bool addSpecialTokens) =>
        addSpecialTokens ? _pipeline.PostProcessor.Template : _pipeline.PostProcessor.Bare;

    private string TokenOf(int id) => _pipeline.TokenOf(id) ?? "";

    private int? IdOf(string? token) => token is null ? null : TokenToId(token);
}
