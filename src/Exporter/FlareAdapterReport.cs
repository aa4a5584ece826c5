namespace XlLoraOnnx.Exporter;

/// <summary>What <see cref="FlareExporter"/> wrote.</summary>
public sealed record FlareAdapterReport
{
    /// <summary>The finished PEFT folder.</summary>
    public required string Folder { get; init; }
    /// <summary>What FLARE calls the adapter.</summary>
    public required string Adapter { get; init; }
    /// <summary>Of the model that it was trained over, which its flare_config.json records.</summary>
    public required string BaseFingerprint { get; init; }
    /// <summary>Linear modules that the adapter changes.</summary>
    public required int Modules { get; init; }
    /// <summary>Numbers in all tensors.</summary>
    public required long Parameters { get; init; }
    /// <summary>Size of the folder.</summary>
    public required long BytesWritten { get; init; }
    /// <summary>Tensors of the model itself that the run has trained, which lie in the folder too; empty for none.</summary>
    public required IReadOnlyList<string> OwnWeights { get; init; }
}
