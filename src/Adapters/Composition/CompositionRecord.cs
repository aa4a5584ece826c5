using System.Text.Json.Nodes;

namespace XlLoraOnnx.Adapters;

/// <summary>composition.json: how an adapter was made. PEFT does not read it.</summary>
internal static class CompositionRecord
{
    private const int Version = 1;

    public static JsonObject Of(CompositionReport report, CompositionOptions options) => new()
    {
        ["version"] = Version,
        ["recipe"] = report.Recipe,
        ["lambda"] = report.Lambda,
        ["mode"] = CompositionOptions.Name(report.Mode),
        ["rank"] = options.Rank,
        ["density"] = options.Density,
        ["majority_sign"] = options.Mode is CompositionMode.Ties or CompositionMode.DareTies
            ? options.MajoritySign.ToString().ToLowerInvariant() : null,
        ["seed"] = options.Mode is CompositionMode.DareLinear or CompositionMode.DareTies ? options.Seed : null,
        ["parts"] = new JsonArray([.. report.Parts.Select(Part)]),
        ["sha256"] = report.Sha256,
        ["norm"] = report.Norm,
        ["distance"] = report.Distance,
        ["energy_lost"] = report.EnergyLost,
        ["modules"] = new JsonArray([.. report.Modules.Select(Module)]),
    };

    // the folder is left out: it says something of a machine, and the hashes say which adapter it was
    private static JsonObject Part(ComposedPart part) => new()
    {
        ["name"] = part.Name,
        ["factor"] = part.Factor,
        ["sha256"] = part.Sha256,
        ["config_sha256"] = part.ConfigSha256,
    };

    private static JsonObject Module(ComposedModule module) => new()
    {
        ["name"] = module.Name,
        ["rank"] = module.Rank,
        ["norm"] = module.Norm,
        ["exact_norm"] = module.ExactNorm,
        ["first_norm"] = module.FirstNorm,
        ["direction_norm"] = module.DirectionNorm,
        ["angle"] = module.Angle,
        ["distance"] = module.Distance,
        ["energy_lost"] = module.EnergyLost,
    };
}
