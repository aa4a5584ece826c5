using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <param name="Factor">Linear position interpolation; 1 is none.</param>
internal sealed record RotaryScaling(double Theta, double Factor, Llama3Scaling? Llama3 = null)
{
    private const string Parameters = "rope_parameters";
    private const string Scaling = "rope_scaling";
    private const string Base = "rope_theta";

    /// <summary>
    /// Of a model with one kind of rotary embedding: <c>rope_parameters</c> (transformers 5), or <c>rope_theta</c> and <c>rope_scaling</c>.
    /// </summary>
    public static RotaryScaling ReadModel(ConfigReader text, double theta, bool llama3)
    {
        CheckSpellings(text, text.OptionalObject(Parameters));
        return Read(text, text.OptionalObject(Parameters) ?? text.OptionalObject(Scaling), Base, theta, llama3);
    }

    /// <summary>Of the layers of one kind.</summary>
    /// <param name="layers">Their name in <c>rope_parameters</c>.</param>
    /// <param name="setting">The field beside it that has their base; may say the same.</param>
    /// <param name="theta">The base where nothing says it.</param>
    /// <returns>Null where <c>rope_parameters</c> has no such layers.</returns>
    public static RotaryScaling? ReadLayers(ConfigReader text, string layers, string setting, double theta) =>
        text.OptionalObject(Parameters)?.OptionalObject(layers) is { } rope ? Read(text, rope, setting, theta, llama3: false) : null;

    /// <summary>A model may have both spellings; where they differ, versions of transformers follow one or the other.</summary>
    /// <param name="rope">Those of the layers that <c>rope_scaling</c> is for.</param>
    public static void CheckSpellings(ConfigReader text, ConfigReader? rope)
    {
        if (rope is null || text.OptionalObject(Scaling) is not { } scaling)
            return;
        foreach (var name in scaling.Names)
        {
            var other = rope.Has(name) || name != "type" ? name : "rope_type";
            if (scaling.Find(name) is { } value && !(rope.Find(other) is { } same && JsonElement.DeepEquals(value, same)))
                throw Contradiction(scaling.Describe(name), rope.Describe(other));
        }
    }

    private static RotaryScaling Read(ConfigReader text, ConfigReader? rope, string setting, double theta, bool llama3)
    {
        theta = text.PositiveNumber(setting, theta);
        if (rope is null)
            return new RotaryScaling(theta, 1);
        if (rope.PositiveNumber(Base, theta) is var own && own != theta && text.Has(setting))
            throw Contradiction(text.Describe(setting), rope.Describe(Base));
        return Read(rope, own, llama3);
    }

    private static RotaryScaling Read(ConfigReader rope, double theta, bool llama3)
    {
        if (rope.Number("partial_rotary_factor", 1) != 1)
            throw new NotSupportedException($"{rope.Describe("partial_rotary_factor")}; only whole heads are rotated.");
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

    private static NotSupportedException Contradiction(string one, string other) =>
        new($"{one}, and {other}: versions of transformers follow one or the other. Leave the one that the model was trained with.");

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
