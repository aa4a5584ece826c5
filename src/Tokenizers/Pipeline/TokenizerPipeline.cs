namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// What tokenizer.json describes: added tokens, normaliser, pre-tokenizer, model, post-processor and decoder, in the order in which the
/// tokenizers library runs them. Immutable.
/// </summary>
internal sealed class TokenizerPipeline
{
    private readonly INormalizer? _normalizer;
    private readonly IPreTokenizer? _preTokenizer;
    private readonly ITokenModel _model;
    private readonly ITokenDecoder? _decoder;

    public TokenizerPipeline(
        INormalizer? normalizer, IPreTokenizer? preTokenizer, ITokenModel model, ITokenDecoder? decoder, PostProcessor postProcessor,
        IReadOnlyList<AddedToken> addedTokens)
    {
        _normalizer = normalizer;
        _preTokenizer = preTokenizer;
        _model = model;
        _decoder = decoder;
        PostProcessor = postProcessor;
        Added = new AddedVocabulary(addedTokens, Normalize);
    }

    public PostProcessor PostProcessor { get; }

    public AddedVocabulary Added { get; }

    /// <summary>One more than the highest id.</summary>
    public int VocabSize => Math.Max(_model.Vocabulary.Size, Added.Size);

    /// <returns>−1 where there is none.</returns>
    public int IdOf(string token) => Added.Find(token)?.Id ?? _model.Vocabulary.IdOf(token);

    public string? TokenOf(int id) => Added.Find(id)?.Content ?? _model.Vocabulary.PieceOf(id);

    /// <summary>The ids of one sequence, without what the post-processor adds, into the output of the workspace.</summary>
    public void Encode(ReadOnlySpan<char> text, bool tracks, TokenizerWorkspace workspace)
    {
        var output = workspace.Output;
        output.Clear();
        workspace.Text.Regex.Restart();
        text = workspace.WithoutLoneSurrogates(text);
        var cursor = default(AddedTokenCursor);
        while (true)
        {
            var stretch = cursor.Taken;
            var end = text.Length;
            var start = text.Length;
            var token = Added.Raw?.Next(text, ref cursor, out start, out end);
            if (start > stretch)
                EncodeStretch(text[stretch..start], stretch, tracks, workspace);
            if (token is null)
                return;
            if (end > start)
                output.AddToken(token.Id, start, end, tracks);
        }
    }

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var pieces = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            if (skipSpecialTokens && Added.IsSpecial(id))
                continue;
            if (TokenOf(id) is { } piece)
                pieces.Add(piece);
        }
        return _decoder is null ? string.Join(' ', pieces) : string.Concat(_decoder.Decode(pieces));
    }

    private void EncodeStretch(ReadOnlySpan<char> stretch, int origin, bool tracks, TokenizerWorkspace workspace)
    {
        var (text, output) = (workspace.Text, workspace.Output);
        text.Reset(stretch, origin, tracks);
        _normalizer?.Normalize(text);
        FindNormalizedTokens(text);
        _preTokenizer?.PreTokenize(text);
        for (var i = 0; i < text.Pieces.Count; i++)
        {
            var piece = text.Pieces[i];
            output.BeginPiece(text, piece.Start);
            if (piece.IsToken)
                output.Add(piece.TokenId, 0, piece.End - piece.Start);
            else
                _model.Tokenize(text.Chars[piece.Start..piece.End], output, workspace.Model);
        }
    }

    private void FindNormalizedTokens(WorkingText text)
    {
        var cursor = default(AddedTokenCursor);
        while (true)
        {
            var stretch = cursor.Taken;
            var end = text.Length;
            var start = text.Length;
            var token = Added.Normalized?.Next(text.Chars, ref cursor, out start, out end);
            if (start > stretch)
                text.Pieces.Add(stretch, start);
            if (token is null)
                return;
            text.Pieces.Add(new TextPiece(start, end, token.Id));
        }
    }

    private string Normalize(string content)
    {
        var text = new WorkingText();
        text.Reset(content, 0, tracks: false);
        _normalizer?.Normalize(text);
        return text.Chars.ToString();
    }
}
