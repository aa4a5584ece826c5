using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsvHelper;

namespace XlLoraOnnx.Runtime;

/// <summary>Rows as lines of the output files, UTF-8 without a line end. Not thread-safe.</summary>
internal sealed class OutputLines : IDisposable
{
    private static readonly CsvWriterOptions CsvFormat = new() { NewLine = "\n", Quoting = CsvQuoting.WhenNeeded };

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Utf8JsonWriter _json;

    // letters as they are, whatever their script
    public OutputLines() => _json = new Utf8JsonWriter(
        _bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Columns in the order that SimCSE reads them by; those of a side that is not made are not there.</summary>
    public static IReadOnlyList<string> Columns(SynthesisOptions options) => ["sent0", .. options.Sides.Select(RunIdentity.Column)];

    public static byte[] Csv(IReadOnlyList<string> fields)
    {
        using var bytes = new MemoryStream();
        using (var writer = CsvWriter.Create(bytes, CsvFormat, leaveOpen: true))
            writer.WriteRecord([.. fields]);
        return bytes.ToArray();
    }

    /// <summary>The fields of <see cref="Columns"/>.</summary>
    public static IReadOnlyList<string> Fields(OutputRow row) => [row.Anchor.Text, .. row.Answers.Select(a => a.Answer.Text)];

    public byte[] Triplet(OutputRow row) => Line(json =>
    {
        json.WriteString("sent0", row.Anchor.Text);
        foreach (var answer in row.Answers)
            json.WriteString(RunIdentity.Column(answer.Answer.Side), answer.Answer.Text);
    });

    public byte[] Receipt(OutputRow row) => Line(json =>
    {
        Head(json, row);
        json.WriteString("anchor_sha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(row.Anchor.Text))));
        foreach (var (answer, context) in row.Answers.Select(a => (a.Answer, a.Context)))
        {
            json.WriteStartObject(RunIdentity.Column(answer.Side));
            json.WriteString("context", context);
            json.WriteNumber("request", row.Anchor.Key.RequestId(answer.Side, row.Sample));
            json.WriteNumber("attempt", answer.Attempt);
            json.WriteNumber("prompt_tokens", answer.PromptTokens);
            json.WriteNumber("tokens", answer.Tokens);
            Repairs(json, answer);
            json.WriteEndObject();
        }
        json.WriteBoolean("flagged", row.Flagged);
    });

    public byte[] Rejected(OutputRow row) => Line(json =>
    {
        Head(json, row);
        json.WriteString("reason", RejectionReasons.Name(row.Rejected!.Reason));
        if (row.Rejected.Side is { } side)
            json.WriteString("column", RunIdentity.Column(side));
        json.WriteString("detail", row.Rejected.Detail);
        json.WriteString("sent0", row.Anchor.Text);
        foreach (var answer in row.Answers)
        {
            if (answer.Shown is not { } text)
                continue;
            json.WriteString(RunIdentity.Column(answer.Answer.Side), answer.Answer.RawText ?? text);
            json.WriteNumber(RunIdentity.Column(answer.Answer.Side) + "_attempt", answer.Answer.Attempt);
        }
    });

    public void Dispose() => _json.Dispose();

    private static void Head(Utf8JsonWriter json, OutputRow row)
    {
        json.WriteString("id", row.Id);
        json.WriteNumber("row", row.Anchor.Row);
        json.WriteNumber("sample", row.Sample);
    }

    private static void Repairs(Utf8JsonWriter json, in JournalAnswer answer)
    {
        json.WriteStartArray("repairs");
        foreach (var repair in answer.Repairs)
            json.WriteStringValue(repair);
        json.WriteEndArray();
    }

    private byte[] Line(Action<Utf8JsonWriter> write)
    {
        _bytes.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        write(_json);
        _json.WriteEndObject();
        _json.Flush();
        return _bytes.WrittenSpan.ToArray();
    }
}
