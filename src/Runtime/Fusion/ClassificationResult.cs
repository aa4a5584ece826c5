namespace XlLoraOnnx.Runtime;

/// <summary>What class a text has.</summary>
public sealed record ClassificationResult
{
    /// <summary>The likeliest class; null where a decoder wrote something that is none.</summary>
    public required int? Label { get; init; }

    /// <summary>Its name.</summary>
    public required string? LabelName { get; init; }

    /// <summary>Of each class, 1 together; none where a decoder wrote the answer.</summary>
    public IReadOnlyList<float> Probabilities { get; init; } = [];

    /// <summary>What a decoder wrote; null of an encoder.</summary>
    public string? GeneratedText { get; init; }

    /// <summary>Whether the text was longer than <see cref="FusionOptions.MaxLength"/>, and a part of it was not read.</summary>
    public bool IsTruncated { get; init; }
}
