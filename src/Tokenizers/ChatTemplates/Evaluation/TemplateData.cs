using System.Text.Json;

namespace XlLoraOnnx.Tokenizers;

/// <summary>JSON as the values of a template.</summary>
internal static class TemplateData
{
    public static object? Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new TemplateMapping(
            element.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Of(p.Value)))),
        JsonValueKind.Array => new TemplateSequence([.. element.EnumerateArray().Select(Of)]),
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.Number => element.TryGetInt64(out var number) ? (object)number : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };
}
