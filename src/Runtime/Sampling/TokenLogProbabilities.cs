namespace XlLoraOnnx.Runtime;

/// <summary>How likely a token was that a model chose, and which were the likeliest in its place.</summary>
/// <param name="Chosen">The token of the answer.</param>
/// <param name="Top">The likeliest first, as many as were asked for; the chosen one is among them where it is one of them.</param>
public sealed record TokenLogProbabilities(TokenLogProbability Chosen, IReadOnlyList<TokenLogProbability> Top)
{
    /// <summary>Whether both say the same.</summary>
    public bool Equals(TokenLogProbabilities? other) => other is not null && Chosen == other.Chosen && Top.SequenceEqual(other.Top);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Chosen, Top.Count);
}

/// <summary>A token, and the natural logarithm of its probability.</summary>
/// <param name="Token">Its id.</param>
/// <param name="LogProbability">
/// Of the model's own distribution, before repetition penalty, temperature and whatever else <see cref="SamplingOptions"/> make of it.
/// </param>
public readonly record struct TokenLogProbability(int Token, double LogProbability);
