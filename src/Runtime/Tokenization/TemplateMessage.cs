using System.Text.Json.Serialization;

namespace XlLoraOnnx.Runtime;

/// <summary>A message as chat templates expect it.</summary>
internal sealed record TemplateMessage(string Role, string Content);

/// <summary>What transformers gives a chat template.</summary>
internal sealed record ChatVariables
{
    public required IReadOnlyList<TemplateMessage> Messages { get; init; }
    public required string BosToken { get; init; }
    public required string EosToken { get; init; }
    public required bool AddGenerationPrompt { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChatVariables))]
internal sealed partial class ChatJson : JsonSerializerContext;
