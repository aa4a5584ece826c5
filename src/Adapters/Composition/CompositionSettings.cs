using System.Text.Json.Nodes;

namespace XlLoraOnnx.Adapters;

/// <summary>adapter_config.json of the result: that of the first part, whose choice of modules is everybody's, with ranks and scales of its
/// own.</summary>
internal static class CompositionSettings
{
    public static JsonObject Of(CompositionPart first, CompositionMode mode, IEnumerable<(string Module, int Rank)> modules)
    {
        var settings = (JsonObject)first.Settings.DeepClone();
        settings["inference_mode"] = true;
        if (first.PeftType == CompositionPart.Ia3 || mode == CompositionMode.Factor)
            return settings;
        // every module with alpha = r, whose scale is 1; those of another rank than most by their path
        var ranks = modules.ToArray();
        var most = ranks.GroupBy(m => m.Rank).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).First().Key;
        var (rankPattern, alphaPattern) = (new JsonObject(), new JsonObject());
        foreach (var (module, rank) in ranks.Where(m => m.Rank != most))
        {
            // keys are regular expressions: a dot in a path is one of any character, and no other path is that close
            rankPattern[module] = rank;
            alphaPattern[module] = rank;
        }
        settings["r"] = most;
        settings["lora_alpha"] = most;
        settings["use_rslora"] = false;
        settings["rank_pattern"] = rankPattern;
        settings["alpha_pattern"] = alphaPattern;
        return settings;
    }
}
