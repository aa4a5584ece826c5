using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace XlLoraOnnx.Runtime;

/// <summary>Prompts and answers as <c>gen_ai.input.messages</c> and <c>gen_ai.output.messages</c> hold them, in JSON.</summary>
internal static class GenAiMessages
{
    // for people who read other languages than English; nobody puts attributes into a page unescaped
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>Null for a prompt of token ids.</returns>
    public static string? OfPrompt(GenerationRequest request)
    {
        if ((request.UserMessage ?? request.Continuation ?? request.Translation?.Text) is { } message)
            return Write([new ChatTurn("user", message)], finishReason: null);
        return request.Messages is { } turns ? Write(turns, finishReason: null) : null;
    }

    public static string OfAnswer(string text, string finishReason) => Write([new ChatTurn("assistant", text)], finishReason);

    private static string Write(IEnumerable<ChatTurn> turns, string? finishReason)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Readable))
        {
            json.WriteStartArray();
            // what is null is refused, but not here
            foreach (var turn in turns.Where(t => t is not null))
            {
                json.WriteStartObject();
                json.WriteString("role", turn.Role);
                json.WriteStartArray("parts");
                json.WriteStartObject();
                json.WriteString("type", "text");
                json.WriteString("content", turn.Content);
                json.WriteEndObject();
                json.WriteEndArray();
                if (finishReason is not null)
                    json.WriteString("finish_reason", finishReason);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
