using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace XlLoraOnnx.Synthesis;

/// <summary>The data of a report as JSON that can lie within an HTML page.</summary>
/// <remarks>
/// The encoder escapes <c>&lt;</c>, <c>&gt;</c>, <c>&amp;</c>, quotes, controls, line separators and marks of direction, so that no text
/// ends the element that holds it and the source reads as it is stored; half surrogate pairs become U+FFFD.
/// </remarks>
[JsonSerializable(typeof(RunReportData))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    public static ReportJson Embedded { get; } = new(new JsonSerializerOptions
    {
        Encoder = Encoder(),
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        // Shares of nothing; the page shows them as "–".
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters =
        {
            new RowAsArray(),
            new JsonStringEnumConverter<RejectionReason>(JsonNamingPolicy.KebabCaseLower),
            new JsonStringEnumConverter<SynthesisSide>(JsonNamingPolicy.KebabCaseLower),
        },
    });

    private static JavaScriptEncoder Encoder()
    {
        var readable = new TextEncoderSettings(UnicodeRanges.All);
        // What turns the direction of the text after it would turn the source around it.
        readable.ForbidCharacters('\u061C', '\u200E', '\u200F');
        readable.ForbidRange(UnicodeRange.Create('\u202A', '\u202E'));
        readable.ForbidRange(UnicodeRange.Create('\u2066', '\u2069'));
        return JavaScriptEncoder.Create(readable);
    }

    /// <summary>Twenty thousand times the names of ten fields would be half of the page.</summary>
    private sealed class RowAsArray : JsonConverter<ReportRow>
    {
        public override ReportRow Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Rows of a report are only written; the page reads them.");

        public override void Write(Utf8JsonWriter writer, ReportRow value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(value.Row);
            writer.WriteStringValue(value.Id);
            writer.WriteStringValue(value.Language);
            writer.WriteStringValue(value.Sent0);
            writer.WriteStringValue(value.Sent1);
            writer.WriteStringValue(value.HardNeg);
            writer.WriteStringValue(value.Reason);
            writer.WriteStringValue(value.Detail);
            writer.WriteStartArray();
            foreach (var repair in value.Repairs)
                writer.WriteStringValue(repair);
            writer.WriteEndArray();
            writer.WriteBooleanValue(value.Flagged);
            writer.WriteEndArray();
        }
    }
}
