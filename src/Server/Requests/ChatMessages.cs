using System.Text.Json;

namespace XlLoraOnnx.Server;

/// <summary>The messages of a chat: texts, of whoever a chat template knows.</summary>
internal static class ChatMessages
{
    private const string Field = "messages";

    public static IReadOnlyList<ChatTurn> Read(JsonFields fields)
    {
        if (fields.Value(Field) is not { } messages)
            throw RequestRefusedException.Of(Field, $"'{Field}' is missing; it must be a list of messages.");
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
            throw JsonFields.Wrong(Field, messages, "a list of at least one message");
        return [.. messages.EnumerateArray().Select(Turn)];
    }

    private static ChatTurn Turn(JsonElement message, int place)
    {
        var name = $"{Field}[{place}]";
        if (message.ValueKind != JsonValueKind.Object)
            throw JsonFields.Wrong(name, message, "an object with a role and a content");
        var fields = new JsonFields(message);
        if (fields.Value("tool_calls") is { } calls && !(calls.ValueKind == JsonValueKind.Array && calls.GetArrayLength() == 0))
            throw RequestRefusedException.Unsupported($"{name}.tool_calls", $"{name} calls tools; supported is text.");
        return new ChatTurn(Role(fields, name), Content(fields, name));
    }

    /// <summary>What OpenAI's newer models call developer is what older ones, and all templates, call system.</summary>
    private static string Role(JsonFields fields, string message) => fields.Text("role") switch
    {
        "system" or "developer" => "system",
        "user" => "user",
        "assistant" => "assistant",
        var other => throw RequestRefusedException.Of($"{message}.role",
            $"The role of {message} is {(other is null ? "missing" : $"'{other}'")}; supported are system, developer, user and assistant."),
    };

    private static string Content(JsonFields fields, string message)
    {
        var name = $"{message}.content";
        return fields.Value("content") switch
        {
            { ValueKind: JsonValueKind.String } text => text.GetString()!,
            { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select(part => Part(part, name))),
            null => throw RequestRefusedException.Of(name, $"'{name}' is missing; it must be a text."),
            { } other => throw JsonFields.Wrong(name, other, "a string, or a list of texts"),
        };
    }

    private static string Part(JsonElement part, string name)
    {
        if (part.ValueKind != JsonValueKind.Object)
            throw JsonFields.Wrong(name, part, "a string, or a list of objects of the type text");
        var fields = new JsonFields(part);
        return fields.Text("type") == "text" ? fields.Text("text") ?? ""
            : throw RequestRefusedException.Unsupported(
                name, $"'{name}' holds a part of the type '{fields.Text("type")}'; supported is text.");
    }
}
