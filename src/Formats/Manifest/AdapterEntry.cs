using System.Text.Json.Serialization;

namespace XlLoraOnnx.Formats;

/// <summary>An adapter of a model folder, as its manifest has it under the adapter's name.</summary>
public sealed record AdapterEntry
{
    /// <summary>Relative to the model folder, with '/'.</summary>
    public required string File { get; init; }
    /// <summary>Size of the file.</summary>
    public required long Bytes { get; init; }
    /// <summary>SHA-256 of the file, in lower-case hex.</summary>
    public required string Sha256 { get; init; }
    /// <summary>The base that it was exported for; it is refused on another.</summary>
    public required string BaseFingerprint { get; init; }
    /// <summary><see cref="PeftType"/> of an adapter that sees two languages at once, of which PEFT has none.</summary>
    public const string FlareType = "FLARE";
    /// <summary>PEFT's <c>peft_type</c>, or <see cref="FlareType"/>.</summary>
    public required string PeftType { get; init; }
    /// <summary>Largest rank over the modules (<c>rank_pattern</c>).</summary>
    public required int MaxRank { get; init; }
    /// <summary>Smallest rank over the modules.</summary>
    public required int MinRank { get; init; }
    /// <summary><c>lora_alpha</c> of the PEFT configuration, which <c>alpha_pattern</c> may change for single modules; the scale is folded
    /// into B.</summary>
    public required float LoraAlpha { get; init; }
    /// <summary>Whether the scale is alpha / √r instead of alpha / r.</summary>
    public required bool UseRslora { get; init; }
    /// <summary>Linear modules that the adapter changes.</summary>
    public required int Modules { get; init; }
    /// <summary>Elements of all its factors.</summary>
    public required long Parameters { get; init; }
    /// <summary>Of an adapter of FLARE; absent for others.</summary>
    public FlareAdapterFacts? Flare { get; init; }
    /// <summary>Every tensor of the PEFT folder, in the order of its file.</summary>
    public required IReadOnlyList<TensorCoverage> Coverage { get; init; }
    /// <summary>Fields of the PEFT configuration that the export did not look at, a sentence each; not kept in the file.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Notices { get; init; } = [];
}
