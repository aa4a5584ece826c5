using System.Text.Json.Serialization;

namespace XlLoraOnnx.Tokenizers;

/// <summary>What transformers gives a chat template.</summary>
internal sealed record ChatVariables
{
    public required IReadOnlyList<ChatTurn> Messages { get; init; }
    public required string BosToken { get; init; }
    public required string EosToken { get; init; }
    public required bool AddGenerationPrompt { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChatVariables))]
internal sealed partial class ChatJson : JsonSerializerContext;
