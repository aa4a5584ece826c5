namespace XlLoraOnnx.Exporter;

/// <summary>
/// How Llama 3.1 stretches positions: low frequencies are divided by the factor, high ones kept, those between interpolated
/// (arXiv 2407.21783, 3.4.2; transformers, modeling_rope_utils.py, _compute_llama3_parameters).
/// </summary>
internal sealed record Llama3Scaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, double OriginalPositions)
{
    public double Scale(double frequency)
    {
        var turns = OriginalPositions * frequency / (2 * Math.PI);
        if (turns > HighFrequencyFactor)
            return frequency;
        if (turns < LowFrequencyFactor)
            return frequency / Factor;
        var kept = (turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        return (1 - kept) * frequency / Factor + kept * frequency;
    }
}
