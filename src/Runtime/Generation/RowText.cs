namespace XlLoraOnnx.Runtime;

/// <summary>The text of one answer on its way to who listens to it, piece by piece.</summary>
/// <param name="onText">Null where nobody listens.</param>
internal sealed class RowText(Action<string>? onText, XlLoraTokenizer tokenizer)
{
    private TextStream? _stream;
    // of this start, and of all: what the listener has got already is not given again
    private int _emitted, _given;

    /// <summary>Why nothing more is given: the listener failed; null while it has not.</summary>
    public string? Error { get; private set; }

    /// <summary>Gives what a token adds to the text; after the last one, what was held back.</summary>
    /// <param name="token">Null at the end; never a stop token.</param>
    public void Tell(int? token)
    {
        if (onText is null || Error is not null)
            return;
        _stream ??= new TextStream(tokenizer);
        var piece = token is { } id ? _stream.Append(id) : _stream.Finish();
        var known = Math.Clamp(_given - _emitted, 0, piece.Length);
        _emitted += piece.Length;
        if (known == piece.Length)
            return;
        _given = _emitted;
        try
        {
            onText(piece[known..]);
        }
#pragma warning disable CA1031 // the caller's code: whatever it throws is the row's end, and nobody else's
        catch (Exception e)
#pragma warning restore CA1031
        {
            Error = $"OnText failed: {e.Message}";
        }
    }

    /// <summary>The answer begins again, with the same tokens.</summary>
    public void Restart() => (_stream, _emitted) = (null, 0);
}
