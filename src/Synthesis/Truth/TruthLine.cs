using System.Text.Json.Serialization;

namespace XlLoraOnnx.Synthesis;

/// <summary>A line of <c>truth.jsonl</c>, as far as judging needs it.</summary>
internal sealed record TruthLine
{
    public required string Language { get; init; }

    public required string Sent0 { get; init; }

    public required IReadOnlyList<string> Entailments { get; init; }

    public required IReadOnlyList<string> Contradictions { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TruthLine))]
internal sealed partial class TruthJson : JsonSerializerContext;
