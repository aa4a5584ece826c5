using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace XlLoraOnnx.Server;

/// <summary>Answers as bytes: one JSON document, or a stream of events (server-sent events, WHATWG HTML 9.2).</summary>
internal static class AnswerWriter
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // no browser reads this as HTML: its type says JSON
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A null that is written, where null itself would be left out.</summary>
    public static object Null { get; } = JsonSerializer.SerializeToElement<object?>(null);

    public static async Task WriteAsync<T>(HttpContext context, T answer, int status = StatusCodes.Status200OK)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(answer, Json);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }

    public static void BeginEvents(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        // nginx would hold the pieces back otherwise
        context.Response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>Goes out with the next flush.</summary>
    public static void WriteEvent<T>(HttpContext context, T answer) =>
        WriteData(context, JsonSerializer.SerializeToUtf8Bytes(answer, Json));

    public static void EndEvents(HttpContext context) => WriteData(context, "[DONE]"u8);

    private static void WriteData(HttpContext context, ReadOnlySpan<byte> data)
    {
        var writer = context.Response.BodyWriter;
        Append("data: "u8);
        Append(data);
        Append("\n\n"u8);

        void Append(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(writer.GetSpan(bytes.Length));
            writer.Advance(bytes.Length);
        }
    }
}
