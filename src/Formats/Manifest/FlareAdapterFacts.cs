namespace XlLoraOnnx.Formats;

/// <summary>What one adapter of FLARE was trained for; of several in a folder each has its own.</summary>
public sealed record FlareAdapterFacts
{
    /// <summary>As FLARE calls it: <c>xnli</c>, <c>nusax</c>, <c>tydiqa</c>; absent where nobody says.</summary>
    public string? Task { get; init; }
    /// <summary>Whether the input is source and target one after the other.</summary>
    public bool JoinsTexts { get; init; }
    /// <summary>Tokens that each text was cut and padded to in training; absent where nobody says.</summary>
    public int? MaxLength { get; init; }
    /// <summary>Code of the language of the source; absent where nobody says.</summary>
    public string? SourceLanguage { get; init; }
    /// <summary>Code of the language of the target; absent where nobody says.</summary>
    public string? TargetLanguage { get; init; }
}
