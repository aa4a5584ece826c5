using System.Diagnostics;

namespace XlLoraOnnx.Runtime;

/// <summary>What an engine tells of a row while it runs; written on the engine's thread, read by whoever waits for the row.</summary>
internal sealed class RowProgress
{
    private int _promptTokens;
    private int _tokens;
    private long _firstTokenAt;

    /// <summary>Tokens of its prompt; null before the prompt is encoded.</summary>
    public int? PromptTokens => Volatile.Read(ref _promptTokens) is > 0 and var tokens ? tokens : null;

    /// <summary>Tokens that it has so far, the stop token not counted.</summary>
    public int Tokens => Volatile.Read(ref _tokens);

    /// <summary>Timestamp of <see cref="Stopwatch"/> when its first token was chosen; null before.</summary>
    public long? FirstTokenAt => Volatile.Read(ref _firstTokenAt) is not 0 and var at ? at : null;

    public void Begin(int promptTokens) => Volatile.Write(ref _promptTokens, promptTokens);

    /// <param name="tokens">Of the row, after a token was chosen. A row that begins again on another device has fewer again.</param>
    public void Advance(int tokens)
    {
        if (_firstTokenAt == 0)
            Volatile.Write(ref _firstTokenAt, Stopwatch.GetTimestamp());
        Volatile.Write(ref _tokens, tokens);
    }
}
