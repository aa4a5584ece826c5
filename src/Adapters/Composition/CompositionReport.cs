namespace XlLoraOnnx.Adapters;

/// <summary>What was composed, and how far its parts lie from one another.</summary>
public sealed record CompositionReport
{
    /// <summary>The PEFT folder that was written.</summary>
    public required string Folder { get; init; }
    /// <summary>As it was written.</summary>
    public required string Recipe { get; init; }
    /// <summary>What <c>lambda</c> stood for; null where the recipe does not have it.</summary>
    public double? Lambda { get; init; }
    public required CompositionMode Mode { get; init; }
    /// <summary>LORA or IA3.</summary>
    public required string PeftType { get; init; }
    public required IReadOnlyList<ComposedPart> Parts { get; init; }
    /// <summary>In the order of the file.</summary>
    public required IReadOnlyList<ComposedModule> Modules { get; init; }
    /// <summary>Of the weights that were written, in hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Frobenius norm of the change of all weights together.</summary>
    public double Norm => Math.Sqrt(Modules.Sum(m => m.Norm * m.Norm));

    /// <summary>Of mode svd: the share of the squared norm of the exact sum that the rank had no room for, over all modules.</summary>
    public double? EnergyLost => Mode == CompositionMode.Svd && Modules.Sum(m => m.ExactNorm * m.ExactNorm) is var energy
        ? energy == 0 ? 0 : Modules.Sum(m => m.EnergyLost!.Value * m.ExactNorm * m.ExactNorm) / energy
        : null;

    /// <summary>Distance of the result from the exact sum, relative to the latter's norm, over all modules.</summary>
    public double? Distance => Math.Sqrt(Modules.Sum(m => m.ExactNorm * m.ExactNorm)) is > 0 and var norm
        ? Math.Sqrt(Modules.Sum(m => Square((m.Distance ?? 0) * m.ExactNorm))) / norm
        : null;

    private static double Square(double value) => value * value;
}

/// <summary>An adapter that was composed.</summary>
/// <param name="Name">In the recipe.</param>
/// <param name="Folder">As it was given.</param>
/// <param name="Factor">All of its occurrences together; of (IA)³, where they do not add up, null.</param>
/// <param name="Sha256">Of adapter_model.safetensors, or of adapter_model.bin, in hexadecimal digits.</param>
/// <param name="ConfigSha256">Of adapter_config.json.</param>
public sealed record ComposedPart(string Name, string Folder, double? Factor, string Sha256, string ConfigSha256);

/// <summary>One module: norms are Frobenius norms of changes of its weight, scales and factors of the recipe included.</summary>
/// <param name="Name">Its path in the base.</param>
/// <param name="Rank">Of the result; 0 for (IA)³.</param>
/// <param name="Norm">Of the result.</param>
/// <param name="ExactNorm">Of the sum of the changes.</param>
/// <param name="FirstNorm">Of the term of the adapter that the recipe names first, the task's as a rule.</param>
/// <param name="DirectionNorm">Of the sum of all other terms, the direction of the language as a rule.</param>
/// <param name="Angle">Between these two, in degrees: 90 where they have nothing to do with one another; null where one is zero.</param>
/// <param name="Distance">Of the result from the exact sum, relative to the latter's norm; null where that is zero.</param>
/// <param name="EnergyLost">Of mode svd: the share of ExactNorm² that the rank had no room for.</param>
public sealed record ComposedModule(
    string Name, int Rank, double Norm, double ExactNorm, double FirstNorm, double DirectionNorm, double? Angle, double? Distance,
    double? EnergyLost);
