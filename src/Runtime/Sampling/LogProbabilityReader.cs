namespace XlLoraOnnx.Runtime;

/// <summary>Log-probabilities of what the model itself says, which a sampler overwrites. One instance for each thread.</summary>
internal sealed class LogProbabilityReader
{
    private float[] _logits = [];
    private double _logSum;
    private TokenLogProbability[] _top = [];

    /// <summary>Looks at the logits before a token is chosen.</summary>
    /// <exception cref="InvalidDataException">The logits are no numbers.</exception>
    public void Read(ReadOnlySpan<float> logits, int top)
    {
        if (_logits.Length != logits.Length)
            _logits = new float[logits.Length];
        logits.CopyTo(_logits);
        _logSum = LogProbabilities.LogSumExp(logits);
        Span<int> largest = stackalloc int[Math.Min(top, logits.Length)];
        if (largest.Length > 0)
            LogProbabilities.Largest(logits, largest);
        _top = new TokenLogProbability[largest.Length];
        for (var i = 0; i < _top.Length; i++)
            _top[i] = At(largest[i]);
    }

    /// <summary>Of the token that was chosen then.</summary>
    public TokenLogProbabilities Of(int token) => new(At(token), _top);

    private TokenLogProbability At(int token) => new(token, _logits[token] - _logSum);
}
