
namespace XlLoraOnnx.Runtime;

/// <summary>An adapter of a model folder.</summary>
public sealed record AdapterInfo
{
    /// <summary>Name to mount it by.</summary>
    public required string Name { get; init; }

    /// <summary>Path relative to the model folder.</summary>
    public required string File { get; init; }

    /// <summary>Size in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the file, hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Smallest rank over its modules.</summary>
    public required int MinRank { get; init; }

    /// <summary>Largest rank over its modules.</summary>
    public required int MaxRank { get; init; }

    /// <summary><c>lora_alpha</c> of the PEFT configuration; the scale is folded into B.</summary>
    public required float LoraAlpha { get; init; }

    /// <summary>Whether the scale is alpha/√r instead of alpha/r.</summary>
    public required bool UseRslora { get; init; }

    /// <summary>Linear modules that it changes.</summary>
    public required int Modules { get; init; }

    /// <summary>Weights of the adapter.</summary>
    public required long Parameters { get; init; }

    /// <summary>What became of each tensor of the PEFT folder.</summary>
    public required IReadOnlyList<TensorRow> Coverage { get; init; }

    internal static AdapterInfo From(string name, AdapterEntry entry) => new()
    {
        Name = name,
        File = entry.File,
        Bytes = entry.Bytes,
        Sha256 = entry.Sha256,
        MinRank = entry.MinRank,
        MaxRank = entry.MaxRank,
        LoraAlpha = entry.LoraAlpha,
        UseRslora = entry.UseRslora,
        Modules = entry.Modules,
        Parameters = entry.Parameters,
        Coverage = [.. entry.Coverage.Select(TensorRow.From)],
    };
}
