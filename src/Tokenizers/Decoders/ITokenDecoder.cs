using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>A step from pieces to text; the text is what is left in the list, put together.</summary>
internal interface ITokenDecoder
{
    List<string> Decode(List<string> pieces);
}

internal sealed class DecoderSequence(IReadOnlyList<ITokenDecoder> decoders) : ITokenDecoder
{
    public List<string> Decode(List<string> pieces) => decoders.Aggregate(pieces, (list, decoder) => decoder.Decode(list));
}

/// <summary>A decoder that looks at one piece at a time.</summary>
/// <param name="decode">Piece, its index, and how many there are.</param>
internal sealed class PieceDecoder(Func<string, int, int, string> decode) : ITokenDecoder
{
    public List<string> Decode(List<string> pieces) => [.. pieces.Select((piece, i) => decode(piece, i, pieces.Count))];
}

/// <summary><c>Fuse</c></summary>
internal sealed class FuseDecoder : ITokenDecoder
{
    public List<string> Decode(List<string> pieces) => [string.Concat(pieces)];
}

/// <summary><c>ByteLevel</c>: bytes by the characters that stand for them. What is no UTF-8 becomes U+FFFD.</summary>
internal sealed class ByteLevelDecoder : ITokenDecoder
{
    public List<string> Decode(List<string> pieces)
    {
        var bytes = new List<byte>();
        foreach (var piece in pieces)
        {
            var before = bytes.Count;
            foreach (var c in piece)
            {
                if (ByteAlphabet.TryGetByte(c, out var value))
                {
                    bytes.Add(value);
                    continue;
                }
                // An added token is text, not bytes.
                bytes.RemoveRange(before, bytes.Count - before);
                bytes.AddRange(Encoding.UTF8.GetBytes(piece));
                break;
            }
        }
        return [Encoding.UTF8.GetString([.. bytes])];
    }
}

/// <summary><c>ByteFallback</c>: runs of <c>&lt;0xNN&gt;</c>. A run that is no UTF-8 becomes one U+FFFD for each byte.</summary>
internal sealed class ByteFallbackDecoder : ITokenDecoder
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public List<string> Decode(List<string> pieces)
    {
        var result = new List<string>(pieces.Count);
        var run = new List<byte>();
        foreach (var piece in pieces)
        {
            if (piece is ['<', '0', 'x', _, _, '>']
                && byte.TryParse(piece.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value))
            {
                run.Add(value);
                continue;
            }
            Flush(run, result);
            result.Add(piece);
        }
        Flush(run, result);
        return result;
    }

    private static void Flush(List<byte> run, List<string> result)
    {
        if (run.Count == 0)
            return;
        try
        {
            result.Add(Strict.GetString([.. run]));
        }
        catch (DecoderFallbackException)
        {
            result.AddRange(Enumerable.Repeat("\uFFFD", run.Count));
        }
        run.Clear();
    }
}
