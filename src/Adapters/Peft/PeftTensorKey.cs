using System.Globalization;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Adapters;

/// <summary>What the name of a tensor in an adapter file says.</summary>
/// <param name="Prefix">Of the module path within the base model, e.g. <c>model.language_model.</c>, empty for one that was
/// trained without its head; null where the name says nothing of a module.</param>
/// <param name="Module">The module under its canonical name, e.g. <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="Drop">Why it is dropped.</param>
/// <param name="Refuse">Why it is refused, for all tensors of its kind alike.</param>
internal sealed partial record PeftTensorKey(string? Prefix, string? Module, int Layer, bool IsA, string? Drop, string? Refuse)
{
    private static readonly string[] VisionParts = ["vision_tower", "vision_model", "multi_modal_projector"];

    public static PeftTensorKey Parse(string key)
    {
        if (key.Split('.').Any(VisionParts.Contains))
            return new PeftTensorKey(null, null, 0, false, "vision part: text inference does not use it", null);
        var match = TextFactor().Match(key);
        if (!match.Success)
            return new PeftTensorKey(null, null, 0, false, null, Kind(key));
        var layer = match.Groups["layer"].Value;
        return new PeftTensorKey(
            match.Groups["prefix"].Value,
            $"model.{match.Groups["stack"].Value}layers.{layer}.{match.Groups["module"].Value}",
            int.Parse(layer, CultureInfo.InvariantCulture),
            match.Groups["factor"].Value == "A", null, null);
    }

    private static string Kind(string key)
    {
        var path = key.StartsWith("base_model.model.", StringComparison.Ordinal) ? key["base_model.model.".Length..] : key;
        return path switch
        {
            _ when Has("lora_magnitude_vector") => "DoRA magnitude vectors (use_dora)",
            _ when LoraBias().IsMatch(path) => "biases of LoRA factors such as lora_B.bias (lora_bias)",
            _ when Has("lora_embedding_A") || Has("lora_embedding_B") => "LoRA on the embedding (lora_embedding_A, lora_embedding_B)",
            _ when Has("trainable_tokens") => "retrained tokens (trainable_token_indices)",
            _ when Has("base_layer") => "weights of the base model itself (base_layer)",
            _ when Has("lm_head") && Has("lora_") => "LoRA on the output head (lm_head)",
            _ when Has("modules_to_save") || SavedModule().IsMatch(path) => "whole modules saved beside the factors (modules_to_save)",
            _ when Has("lora_A") || Has("lora_B") => "LoRA factors whose module is none of the text model's linear layers",
            _ => "tensors of an unknown kind",
        };

        bool Has(string part) => path.Contains(part, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^(?:base_model\.model\.)?(?<prefix>model\.language_model\.|language_model\.model\.|language_model\.|model\.|)"
        + @"(?<stack>encoder\.|decoder\.|)layers\.(?<layer>0|[1-9][0-9]{0,5})\."
        + @"(?<module>(?:self_attn|encoder_attn|mlp)\.[a-z]+_proj|fc[12])"
        + @"\.lora_(?<factor>[AB])(?:\..+)?\.weight$",
        RegexOptions.CultureInvariant)]
    private static partial Regex TextFactor();

    [GeneratedRegex(@"\.lora_[AB](?:\..+)?\.bias$", RegexOptions.CultureInvariant)]
    private static partial Regex LoraBias();

    // an ordinary parameter of the base: norms, embed_tokens, lm_head, …
    [GeneratedRegex(@"^(?!.*lora_).*\.(?:weight|bias)$", RegexOptions.CultureInvariant)]
    private static partial Regex SavedModule();
}
