namespace XlLoraOnnx.Runtime;

/// <summary>Chooses the next token of a row from its logits, as transformers' generate does.</summary>
/// <remarks>
/// Order and definitions are those of transformers: RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper (ties with
/// the k-th stay), TopPLogitsWarper, MinPLogitsWarper, softmax, one draw. Without sampling it is the penalty and the lowest id with the
/// largest logit. A draw depends on logits, options and the row's random number alone: not on the machine, nor on other rows.
/// One instance for each thread; nothing is allocated once it has seen the vocabulary and the largest k.
/// </remarks>
internal sealed class TokenSampler
{
    private readonly RepetitionPenaltyProcessor _penalty = new();
    private readonly TokenDistribution _distribution = new();

    /// <summary>The token id.</summary>
    /// <param name="logits">[vocabulary]: overwritten.</param>
    /// <param name="options">Validated by the caller.</param>
    /// <param name="prompt">The row's prompt, for the penalty.</param>
    /// <param name="generated">The row's new tokens so far: their number is the position of the draw.</param>
    /// <param name="random">The random numbers of the row.</param>
    /// <exception cref="InvalidDataException">A logit is NaN or +∞, or all are −∞.</exception>
    public int Choose(
        Span<float> logits, SamplingOptions options, ReadOnlySpan<int> prompt, ReadOnlySpan<int> generated, RowRandom random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfZero(logits.Length, nameof(logits));
        if (options.RepetitionPenalty != 1)
            _penalty.Apply(logits, prompt, generated, options.RepetitionPenalty);
        if (options.DoSample && options.Temperature != 1)
            LogitScan.Divide(logits, options.Temperature);
        float maximum = LogitScan.Maximum(logits);
        if (!float.IsFinite(maximum))
            throw new InvalidDataException(Refusal(logits, maximum, prompt.Length, generated.Length));
        if (!options.DoSample)
            return LogitScan.FirstEqual(logits, maximum);
        _distribution.Fill(logits, maximum, options);
        return _distribution.At(random.Next(generated.Length));
    }

    private static string Refusal(ReadOnlySpan<float> logits, float maximum, int prompt, int generated)
    {
        var found = float.IsNegativeInfinity(maximum)
            ? $"all {logits.Length} logits are -Infinity"
            : FormattableString.Invariant($"the logit of token id {logits.IndexOf(maximum)} is {maximum}");
        return $"Token {generated + 1} of the answer, after a prompt of {prompt} tokens, cannot be chosen: {found}, so the model computed "
            + "something that is not a number. Check the model folder and its adapters with 'xllora-onnx verify'; numbers that float16 "
            + "cannot hold need an export in bf16 or fp32, and a temperature near 0 is better said as DoSample = false.";
    }
}
