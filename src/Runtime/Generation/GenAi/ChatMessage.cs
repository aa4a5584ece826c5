using System.Text.Json.Serialization;

namespace XlLoraOnnx.Runtime;

/// <summary>A message as chat templates expect it.</summary>
internal sealed record ChatMessage(string Role, string Content);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChatMessage[]))]
internal sealed partial class ChatJson : JsonSerializerContext;
