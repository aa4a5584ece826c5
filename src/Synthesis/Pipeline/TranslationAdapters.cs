namespace XlLoraOnnx.Synthesis;

/// <summary>Adapters of a run of translations that are not in the model folder, to make them known again when it is taken up.</summary>
/// <remarks><c>AdapterCache</c> of XlLoraOnnx.Exporter makes such files of PEFT folders.</remarks>
public sealed record TranslationAdapters
{
    /// <summary>Full path of the folder with the exported adapters.</summary>
    public required string Cache { get; init; }

    /// <summary>Name of an adapter → its file in <see cref="Cache"/>.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>Name of an adapter → full path of the PEFT folder that it was exported from.</summary>
    public required IReadOnlyDictionary<string, string> Folders { get; init; }
}
