using System.Runtime.InteropServices;

namespace XlLoraOnnx.Runtime;

/// <summary>The text of one answer, piece by piece as its tokens come: together what <see cref="XlLoraTokenizer"/> makes of
/// all.</summary>
/// <remarks>
/// Only text that later tokens cannot change is given out: not the last U+FFFD, which may be half a character, and nothing of a run of
/// byte tokens (<c>&lt;0xNN&gt;</c>), because one bad byte makes U+FFFD of the whole run. What a token decodes to depends on those just
/// before it, so a window of them is decoded again, as text-generation-inference does; the cost is linear.
/// Not thread-safe.
/// </remarks>
internal sealed class TextStream(XlLoraTokenizer tokenizer)
{
    // Enough for the window to begin with what decoders treat alike wherever it stands, and for UTF-8 to find its feet.
    private const int Context = 16;

    private readonly List<int> _window = [];
    // Tokens at the front of the window whose text has been given out, and characters of the window's text that have.
    private int _given;
    private int _shown;

    /// <summary>Takes the next token.</summary>
    /// <returns>The text that has become certain; often empty.</returns>
    public string Append(int token)
    {
        // Decoding goes on across them as if they were not there.
        if (tokenizer.LeavesOut(token))
            return "";
        _window.Add(token);
        if (IsByte(token))
            return "";
        var text = Decode();
        bool whole = !text.EndsWith('\uFFFD');
        var piece = Take(text, whole ? text.Length : text.Length - 1);
        if (whole)
            Slide(text);
        else if (_window.Count > 4 * Context)
            Cut();
        return piece;
    }

    /// <summary>The rest; the stream is at its end.</summary>
    public string Finish()
    {
        var text = Decode();
        return Take(text, text.Length);
    }

    private bool IsByte(int token) => tokenizer.IdToToken(token) is ['<', '0', 'x', _, _, '>'];

    private string Decode() => tokenizer.Decode(CollectionsMarshal.AsSpan(_window));

    private string Take(string text, int end)
    {
        var piece = end > _shown ? text[_shown..end] : "";
        _shown = Math.Max(_shown, end);
        return piece;
    }

    /// <summary>Everything is given out: what came before the newest piece can go. A front of nothing but spaces stays a while, for
    /// decoders that strip the first ones.</summary>
    private void Slide(string text)
    {
        bool blank = string.IsNullOrWhiteSpace(tokenizer.Decode(CollectionsMarshal.AsSpan(_window)[_given..]));
        int old = !blank ? _given : _window.Count > 4 * Context ? _window.Count - Context : 0;
        if (old > 0)
        {
            _window.RemoveRange(0, old);
            text = Decode();
        }
        (_given, _shown) = (_window.Count, text.Length);
    }

    /// <summary>Half characters, and no end in sight, which is no text at all: the window is cut, or it would grow and grow.</summary>
    private void Cut()
    {
        _window.RemoveRange(0, _window.Count - Context);
        (_given, _shown) = (0, Decode().Length - 1);
    }
}
