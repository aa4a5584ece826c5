using System.Text;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>
/// Byte-pair encoding as it is explained: look through all pairs, merge the best one, start again. Quadratic, without cutting, without a
/// heap, without a cache.
/// </summary>
internal sealed class NaiveBpe(IReadOnlyList<string> vocabulary, IReadOnlyList<BpeMerge> merges, BpeSettings settings)
{
    private readonly List<string> _pieces = [.. vocabulary];
    private readonly Dictionary<(string, string), int> _ranks =
        merges.Select((merge, rank) => (merge, rank)).ToDictionary(m => (m.merge.Left, m.merge.Right), m => m.rank);

    public PieceToken[] Tokenize(string piece)
    {
        if (settings.IgnoreMerges && _pieces.Contains(piece))
            return [new PieceToken(_pieces.IndexOf(piece), 0, piece.Length)];
        var symbols = Symbols(piece);
        while (Best(symbols) is ( >= 0 and var at, var merged))
        {
            symbols[at] = new PieceToken(merged, symbols[at].Start, symbols[at + 1].End);
            symbols.RemoveAt(at + 1);
        }
        return [.. symbols];
    }

    private List<PieceToken> Symbols(string piece)
    {
        var symbols = new List<PieceToken>();
        var afterUnknown = false;
        foreach (var (character, start, end) in ModelRun.Characters(piece))
        {
            var name = (start > 0 ? settings.ContinuingPrefix : "") + character + (end == piece.Length ? settings.EndOfWordSuffix : "");
            var bytes = Encoding.UTF8.GetBytes(character).Select(b => _pieces.IndexOf($"<0x{b:X2}>")).ToList();
            if (_pieces.Contains(name))
                symbols.Add(new PieceToken(_pieces.IndexOf(name), start, end));
            else if (settings.ByteFallback && bytes.All(id => id >= 0))
                symbols.AddRange(bytes.Select(id => new PieceToken(id, start, end)));
            else if (settings.Unknown >= 0 && afterUnknown && settings.FuseUnknown)
                symbols[^1] = symbols[^1] with { End = end };
            else if (settings.Unknown >= 0)
                symbols.Add(new PieceToken(settings.Unknown, start, end));
            afterUnknown = symbols.Count > 0 && symbols[^1].Id == settings.Unknown;
        }
        return symbols;
    }

    private (int At, int Merged) Best(List<PieceToken> symbols)
    {
        var (at, best) = (-1, int.MaxValue);
        for (var i = 0; i + 1 < symbols.Count; i++)
        {
            if (_ranks.TryGetValue((_pieces[symbols[i].Id], _pieces[symbols[i + 1].Id]), out var rank) && rank < best)
                (at, best) = (i, rank);
        }
        return at < 0 ? (-1, -1) : (at, _pieces.IndexOf(merges[best].Left + merges[best].Right[settings.ContinuingPrefix.Length..]));
    }
}
