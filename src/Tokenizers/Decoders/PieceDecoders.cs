using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>What the decoders of single pieces do.</summary>
internal static class PieceDecoders
{
    /// <summary><c>Metaspace</c>: spaces, but for those that the first piece begins with.</summary>
    public static string Metaspace(string piece, bool drop, char replacement) =>
        drop ? piece.Replace(replacement.ToString(), "", StringComparison.Ordinal) : piece.Replace(replacement, ' ');

    /// <summary><c>WordPiece</c></summary>
    public static string WordPiece(string piece, bool first, string prefix, bool cleanUp)
    {
        if (!first)
            piece = piece.StartsWith(prefix, StringComparison.Ordinal) ? piece[prefix.Length..] : " " + piece;
        return cleanUp ? CleanUp(piece) : piece;
    }

    /// <summary><c>Strip</c>: up to so many of a character off the ends.</summary>
    public static string Strip(string piece, string content, int start, int stop)
    {
        for (; start > 0 && piece.StartsWith(content, StringComparison.Ordinal); start--)
            piece = piece[content.Length..];
        for (; stop > 0 && piece.EndsWith(content, StringComparison.Ordinal); stop--)
            piece = piece[..^content.Length];
        return piece;
    }

    /// <summary><c>Replace</c></summary>
    public static string Replace(string piece, SplitPattern pattern, string content)
    {
        var matches = new MatchList();
        pattern.FindMatches(piece, matches, new RegexScratch());
        if (matches.Count == 0)
            return piece;
        var result = new StringBuilder();
        var copied = 0;
        for (var i = 0; i < matches.Count; i++)
        {
            result.Append(piece, copied, matches[i].Start - copied).Append(content);
            copied = matches[i].End;
        }
        return result.Append(piece, copied, piece.Length - copied).ToString();
    }

    private static string CleanUp(string text) => text.Contains(' ')
        ? text.Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal)
            .Replace(" !", "!", StringComparison.Ordinal).Replace(" ,", ",", StringComparison.Ordinal)
            .Replace(" ' ", "'", StringComparison.Ordinal).Replace(" n't", "n't", StringComparison.Ordinal)
            .Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" do not", " don't", StringComparison.Ordinal)
            .Replace(" 's", "'s", StringComparison.Ordinal).Replace(" 've", "'ve", StringComparison.Ordinal)
            .Replace(" 're", "'re", StringComparison.Ordinal)
        : text;
}
