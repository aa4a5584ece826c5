using System.Text.Json;

namespace XlLoraOnnx.Server;

/// <summary>The prompts of a completion: a text or several, token ids or several lists of them.</summary>
internal static class Prompts
{
    private const string Field = "prompt";

    /// <param name="row">What they have in common.</param>
    public static IEnumerable<GenerationRequest> Read(JsonFields fields, GenerationRequest row)
    {
        if (fields.Value(Field) is not { } prompt)
            throw RequestRefusedException.Of(Field, $"'{Field}' is missing; it must be a text or a list of them.");
        if (prompt.ValueKind == JsonValueKind.String)
            return [row with { Continuation = prompt.GetString()! }];
        if (prompt.ValueKind != JsonValueKind.Array || prompt.GetArrayLength() == 0)
            throw Wrong(prompt);
        return prompt[0].ValueKind switch
        {
            JsonValueKind.Number => [row with { PromptTokens = Ids(prompt) }],
            JsonValueKind.Array => [.. prompt.EnumerateArray().Select(ids => row with { PromptTokens = Ids(ids) })],
            _ => [.. fields.Texts(Field, int.MaxValue).Select(text => row with { Continuation = text })],
        };
    }

    private static int[] Ids(JsonElement ids)
    {
        if (ids.ValueKind != JsonValueKind.Array)
            throw Wrong(ids);
        return [.. ids.EnumerateArray().Select(id =>
            id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var value) ? value : throw Wrong(id))];
    }

    private static RequestRefusedException Wrong(JsonElement value) =>
        JsonFields.Wrong(Field, value, "a text, a list of texts, a list of token ids, or a list of such lists");
}
