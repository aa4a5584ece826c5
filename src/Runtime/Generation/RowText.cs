using System.Text;

namespace XlLoraOnnx.Runtime;

/// <summary>The text of one answer as its tokens come: to who listens to it, and up to its stop sequence.</summary>
/// <param name="onText">Null where nobody listens.</param>
/// <param name="stopSequences">Empty for none.</param>
/// <param name="onToken">Null where nobody wants to know how likely tokens were.</param>
internal sealed class RowText(
    Action<string>? onText, XlLoraTokenizer tokenizer, IReadOnlyList<string> stopSequences, Action<TokenLogProbabilities>? onToken = null)
{
    private TextStream? _stream;
    private StopSequences? _stops;
    private StringBuilder? _text;
    // of this start, and of all: what the listener has got already is not given again
    private int _emitted, _given, _toldTokens;

    /// <summary>Why nothing more is given: the listener failed; null while it has not.</summary>
    public string? Error { get; private set; }

    /// <summary>Whether the row is to end, because a stop sequence is complete.</summary>
    public bool IsStopped => _stops?.Found == true;

    /// <summary>Gives how likely a token was.</summary>
    /// <param name="place">Of the token in the answer; one that was given before the row began again is not given twice.</param>
    public void Tell(TokenLogProbabilities token, int place)
    {
        if (onToken is null || Error is not null || place < _toldTokens)
            return;
        _toldTokens = place + 1;
        Guarded(() => onToken(token), nameof(GenerationRequest.OnLogProbabilities));
    }

    /// <summary>Gives what a token adds to the text; after the last one, what was held back.</summary>
    /// <param name="token">Null at the end; never a stop token.</param>
    public void Tell(int? token)
    {
        if ((onText is null && stopSequences.Count == 0) || Error is not null)
            return;
        _stream ??= new TextStream(tokenizer);
        var piece = token is { } id ? _stream.Append(id) : _stream.Finish();
        if (stopSequences.Count > 0)
            piece = UpToTheStop(piece, isLast: token is null);
        if (onText is not null)
            Give(onText, piece);
    }

    /// <summary>All of the answer.</summary>
    /// <param name="tokens">That it is made of; looked at where there are no stop sequences.</param>
    public string Whole(IReadOnlyList<int> tokens) =>
        tokens.Count == 0 ? "" : stopSequences.Count > 0 ? _text?.ToString() ?? "" : tokenizer.Decode([.. tokens]);

    /// <summary>The answer begins again, with the same tokens.</summary>
    public void Restart() => (_stream, _stops, _text, _emitted) = (null, null, null, 0);

    private string UpToTheStop(string piece, bool isLast)
    {
        _stops ??= new StopSequences(stopSequences);
        _text ??= new StringBuilder();
        var certain = _stops.Append(piece);
        if (isLast)
            certain += _stops.Finish();
        _text.Append(certain);
        return certain;
    }

    private void Give(Action<string> listener, string piece)
    {
        var known = Math.Clamp(_given - _emitted, 0, piece.Length);
        _emitted += piece.Length;
        if (known == piece.Length)
            return;
        _given = _emitted;
        Guarded(() => listener(piece[known..]), nameof(GenerationRequest.OnText));
    }

    private void Guarded(Action call, string name)
    {
        try
        {
            call();
        }
#pragma warning disable CA1031 // the caller's code: whatever it throws is the row's end, and nobody else's
        catch (Exception e)
#pragma warning restore CA1031
        {
            Error = $"{name} failed: {e.Message}";
        }
    }
}
