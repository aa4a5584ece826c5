using System.Text.Json;

namespace XlLoraOnnx.Server;

/// <summary>
/// Fields of OpenAI's API that change the answer and that no engine here obeys: refused by name, unless they ask for nothing. Others that
/// are unknown are left alone, as OpenAI does.
/// </summary>
internal static class UnsupportedFields
{
    private static readonly (string Name, Func<JsonElement, bool> AsksForNothing)[] OfBoth =
    [
        ("n", IsOne),
        ("best_of", IsOne),
        ("logit_bias", IsEmpty),
        ("frequency_penalty", IsZero),
        ("presence_penalty", IsZero),
    ];

    private static readonly (string Name, Func<JsonElement, bool> AsksForNothing)[] OfChats =
    [
        ("tools", IsEmpty),
        ("functions", IsEmpty),
        ("tool_choice", v => IsText(v, "none", "auto")),
        ("function_call", v => IsText(v, "none", "auto")),
        ("response_format", v => v.ValueKind == JsonValueKind.Object && v.TryGetProperty("type", out var type) && IsText(type, "text")),
        ("modalities", v => v.ValueKind == JsonValueKind.Array && v.EnumerateArray().All(m => IsText(m, "text"))),
        ("audio", _ => false),
        ("prediction", _ => false),
        ("web_search_options", _ => false),
        ("reasoning_effort", v => IsText(v, "none")),
    ];

    private static readonly (string Name, Func<JsonElement, bool> AsksForNothing)[] OfCompletions =
    [
        ("suffix", v => v.ValueKind == JsonValueKind.String && v.GetString() == ""),
        ("echo", v => v.ValueKind == JsonValueKind.False),
    ];

    public static void Refuse(JsonFields fields, bool isChat)
    {
        foreach (var (name, asksForNothing) in OfBoth.Concat(isChat ? OfChats : OfCompletions))
        {
            if (fields.Value(name) is { } value && !asksForNothing(value))
                throw RequestRefusedException.Unsupported(name, name is "n" or "best_of"
                    ? $"'{name}' is {value.GetRawText()}; one answer is given to each prompt. Ask several times, with other seeds."
                    : $"'{name}' is not supported: answers are plain text, by temperature, top_p, top_k, min_p and seed. Leave it out.");
        }
    }

    private static bool IsOne(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.GetDouble() == 1;

    private static bool IsZero(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.GetDouble() == 0;

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        _ => false,
    };

    private static bool IsText(JsonElement value, params ReadOnlySpan<string> texts) =>
        value.ValueKind == JsonValueKind.String && texts.Contains(value.GetString()!);
}
