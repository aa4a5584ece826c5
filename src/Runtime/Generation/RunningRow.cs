using System.Runtime.InteropServices;

namespace XlLoraOnnx.Runtime;

/// <summary>A row while it is generated.</summary>
internal sealed class RunningRow(EncodedRequest request, IReadOnlyList<int> stopTokens)
{
    private readonly List<int> _tokens = [];
    private readonly List<TokenLogProbabilities>? _logProbabilities = request.LogProbabilities is null ? null : [];

    public EncodedRequest Request { get; } = request;

    /// <summary>New tokens, without the stop token.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>Of each of the tokens; null unless they are asked for.</summary>
    public IReadOnlyList<TokenLogProbabilities>? LogProbabilities => _logProbabilities;

    public ReadOnlySpan<int> TokenSpan => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Null while the row runs.</summary>
    public FinishReason? FinishReason { get; private set; }

    /// <summary>Takes the next token; after the end there are only pads, which are left out.</summary>
    /// <param name="logProbabilities">Its own; there where they are asked for.</param>
    /// <returns>Whether the row ended with this token.</returns>
    public bool Add(int token, TokenLogProbabilities? logProbabilities = null)
    {
        if (FinishReason is not null)
            return false;
        if (stopTokens.Contains(token))
        {
            FinishReason = Runtime.FinishReason.Stop;
            return true;
        }
        _tokens.Add(token);
        _logProbabilities?.Add(logProbabilities!);
        if (_tokens.Count < Request.MaxNewTokens)
            return false;
        FinishReason = Runtime.FinishReason.Length;
        return true;
    }

    /// <summary>Its text has come to a stop sequence, if only with the last token that it may have.</summary>
    public void EndAtStop() => FinishReason = Runtime.FinishReason.Stop;

    /// <summary>The whole answer at once, of a search.</summary>
    public void Finish(BeamHypothesis best)
    {
        _tokens.Clear();
        _tokens.AddRange(best.Tokens);
        FinishReason = best.Stopped ? Runtime.FinishReason.Stop : Runtime.FinishReason.Length;
    }

    /// <returns>Whether the row was still running.</returns>
    public bool EndAtLength()
    {
        if (FinishReason is not null)
            return false;
        FinishReason = Runtime.FinishReason.Length;
        return true;
    }
}
