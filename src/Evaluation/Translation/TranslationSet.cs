namespace XlLoraOnnx.Evaluation;

/// <summary>Translations of the same segments by one or more systems, and their references.</summary>
public sealed record TranslationSet
{
    /// <summary>What the data is called.</summary>
    public string TaskName { get; init; } = "translation";

    /// <summary>Split of the data.</summary>
    public string Split { get; init; } = "test";

    /// <summary>The pair of languages, <c>eng_Latn-hau_Latn</c>; what stands behind the hyphen is the target language.</summary>
    public string Subset { get; init; } = "default";

    /// <summary>For each segment its references, one or more.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> References { get; init; }

    /// <summary>Name of the system → a translation for each segment. The first system is what the others are compared with.</summary>
    public required IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Systems { get; init; }

    /// <summary>File or folder of the data.</summary>
    public string Source { get; init; } = "";

    internal string TargetLanguage => Subset.Split('-')[^1];
}
