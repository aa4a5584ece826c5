namespace XlLoraOnnx.Exporter;

/// <param name="Factor">Linear position interpolation; 1 is none.</param>
internal sealed record RotaryScaling(double Theta, double Factor, Llama3Scaling? Llama3 = null)
{
    /// <summary>
    /// Of a model with one kind of rotary embedding: <c>rope_parameters</c> (transformers 5), or <c>rope_theta</c> and <c>rope_scaling</c>.
    /// </summary>
    public static RotaryScaling ReadModel(ConfigReader text, double theta, bool llama3)
    {
        var modelTheta = text.PositiveNumber("rope_theta", theta);
        return (text.OptionalObject("rope_parameters") ?? text.OptionalObject("rope_scaling")) is { } rope
            ? Read(rope, modelTheta, llama3)
            : new RotaryScaling(modelTheta, 1);
    }

    /// <param name="llama3">Whether the family knows the scaling of Llama 3.1.</param>
    public static RotaryScaling Read(ConfigReader rope, double theta, bool llama3 = false)
    {
        if (rope.Number("partial_rotary_factor", 1) != 1)
            throw new NotSupportedException($"{rope.Describe("partial_rotary_factor")}; only whole heads are rotated.");
        theta = rope.PositiveNumber("rope_theta", theta);
        var setting = rope.Has("rope_type") ? "rope_type" : "type";
        return (rope.OptionalString(setting) ?? "default") switch
        {
            "default" => new RotaryScaling(theta, 1),
            "linear" => new RotaryScaling(theta, Required(rope, "factor", "linear")),
            "llama3" when llama3 => new RotaryScaling(theta, 1, ReadLlama3(rope)),
            _ => throw new NotSupportedException(
                $"{rope.Describe(setting)}; RoPE of type {(llama3 ? "default, linear and llama3" : "default and linear")} is supported."),
        };
    }

    private static Llama3Scaling ReadLlama3(ConfigReader rope)
    {
        var scaling = new Llama3Scaling(Required(rope, "factor", "llama3"), Required(rope, "low_freq_factor", "llama3"),
            Required(rope, "high_freq_factor", "llama3"), Required(rope, "original_max_position_embeddings", "llama3"));
        return scaling.HighFrequencyFactor > scaling.LowFrequencyFactor
            ? scaling
            : throw new InvalidDataException(
                $"{rope.Describe("high_freq_factor")}; it must be above low_freq_factor, {scaling.LowFrequencyFactor}.");
    }

    private static double Required(ConfigReader rope, string setting, string type) => rope.Has(setting)
        ? rope.PositiveNumber(setting, 1)
        : throw new InvalidDataException($"{rope.Describe(setting)}, which {type} RoPE scaling needs.");
}
