namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>A token of a piece, and the characters that it stands for.</summary>
internal readonly record struct PieceToken(int Id, int Start, int End);

/// <summary>One piece of text through a model, as the pipeline would run it.</summary>
internal static class ModelRun
{
    /// <summary>With offsets, without them, and once more when everything is warm: the ids must be the same.</summary>
    public static PieceToken[] Tokenize(ITokenModel model, string piece, ModelScratch scratch)
    {
        var tokens = Once(model, piece, scratch, tracks: true);
        for (var i = 0; i < 2; i++)
            CollectionAssert.AreEqual(
                tokens.Select(t => t.Id).ToArray(), Once(model, piece, scratch, tracks: false).Select(t => t.Id).ToArray(), piece);
        return tokens;
    }

    public static ModelVocabulary Vocabulary(IReadOnlyList<string> pieces)
    {
        var ids = pieces.Select((piece, id) => (piece, id)).ToDictionary(p => p.piece, p => p.id, StringComparer.Ordinal);
        return new ModelVocabulary(ids, [.. pieces]);
    }

    /// <summary>The code points of a text, with their places.</summary>
    public static IEnumerable<(string Character, int Start, int End)> Characters(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var width = char.IsSurrogatePair(text, i) ? 2 : 1;
            yield return (text.Substring(i, width), i, i + width);
            i += width;
        }
    }

    private static PieceToken[] Once(ITokenModel model, string piece, ModelScratch scratch, bool tracks)
    {
        var text = new WorkingText();
        text.Reset(piece, 0, tracks);
        var output = new TokenOutput();
        output.BeginPiece(text, 0);
        model.Tokenize(piece, output, scratch);
        return [.. Enumerable.Range(0, output.Count).Select(i => new PieceToken(
            output.Ids[i], tracks ? output.Offsets[i].Start : 0, tracks ? output.Offsets[i].End : 0))];
    }
}
