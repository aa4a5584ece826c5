using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsvHelper;

namespace XlLoraOnnx.Synthesis;

/// <summary>Consecutive rows as lines of the output files, UTF-8. Not thread-safe.</summary>
internal sealed class OutputLines : IDisposable
{
    private static readonly CsvWriterOptions CsvFormat = new() { NewLine = "\n", Quoting = CsvQuoting.WhenNeeded };

    private static readonly string[] NoLanguage = [];

    private readonly MemoryStream _table = new();
    private readonly CsvWriter _csv;
    private readonly ArrayBufferWriter<byte> _triplets = new(), _receipts = new(), _rejected = new();
    private readonly Utf8JsonWriter _json;
    private readonly List<byte[]> _leaves = [];
    private readonly List<string[]> _texts = [];

    public OutputLines()
    {
        _csv = CsvWriter.Create(_table, CsvFormat, leaveOpen: true);
        _json = new Utf8JsonWriter(_triplets, JsonFormat);
    }

    /// <summary>Letters as they are, whatever their script.</summary>
    public static JsonWriterOptions JsonFormat => new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Lines of triplets.csv.</summary>
    public ReadOnlySpan<byte> Table
    {
        get
        {
            _csv.Flush();
            return _table.GetBuffer().AsSpan(0, (int)_table.Length);
        }
    }

    /// <summary>The fields of the same rows.</summary>
    public IReadOnlyList<string[]> Texts => _texts;

    public ReadOnlySpan<byte> Triplets => _triplets.WrittenSpan;

    public ReadOnlySpan<byte> Receipts => _receipts.WrittenSpan;

    public ReadOnlySpan<byte> Rejected => _rejected.WrittenSpan;

    /// <summary>Of the triplets, for <see cref="MerkleTree"/>.</summary>
    public IReadOnlyList<byte[]> Leaves => _leaves;

    private static readonly string[] LanguageOnly = [TripletColumns.Language];

    /// <summary>Columns in the order that SimCSE reads them by; those of a side that is not made are not there. The language
    /// of the row comes last, where rows have one.</summary>
    public static IReadOnlyList<string> Columns(SynthesisOptions options) =>
        [TripletColumns.Anchor, .. options.Sides.Select(TripletColumns.Of), .. options.LanguageColumn is null ? [] : LanguageOnly];

    public static byte[] Csv(IReadOnlyList<string> fields)
    {
        using var bytes = new MemoryStream();
        using (var writer = CsvWriter.Create(bytes, CsvFormat, leaveOpen: true))
            writer.WriteRecord([.. fields]);
        return bytes.ToArray();
    }

    /// <summary>Adds a row in all its forms; of a rejected one only the last.</summary>
    public void Add(OutputRow row)
    {
        if (row.Rejected is { } rejection)
        {
            AddRejected(row, rejection);
            return;
        }
        string[] language = row.Anchor.Language is { } of ? [of] : NoLanguage;
        string[] texts = [row.Anchor.Text, .. row.Answers.Select(a => a.Answer.Text), .. language];
        _texts.Add(texts);
        _csv.WriteRecord(texts);
        var (triplet, receipt) = (_triplets.WrittenCount, _receipts.WrittenCount);
        AddTriplet(row);
        AddReceipt(row);
        _leaves.Add(MerkleTree.Leaf(_triplets.WrittenSpan[triplet..^1], _receipts.WrittenSpan[receipt..^1]));
    }

    /// <summary>Empties it for other rows.</summary>
    public void Clear()
    {
        _csv.Flush();
        _table.SetLength(0);
        _triplets.ResetWrittenCount();
        _receipts.ResetWrittenCount();
        _rejected.ResetWrittenCount();
        _leaves.Clear();
        _texts.Clear();
    }

    public void Dispose()
    {
        _json.Dispose();
        _csv.Dispose();
        _table.Dispose();
    }

    private void AddTriplet(OutputRow row)
    {
        Begin(_triplets);
        _json.WriteString(TripletColumns.Anchor, row.Anchor.Text);
        foreach (var answer in row.Answers)
            _json.WriteString(TripletColumns.Of(answer.Answer.Side), answer.Answer.Text);
        Language(row);
        End(_triplets);
    }

    private void AddReceipt(OutputRow row)
    {
        Begin(_receipts);
        Head(row);
        _json.WriteString("anchor_sha256", Convert.ToHexStringLower(Sha256.Hash(Encoding.UTF8.GetBytes(row.Anchor.Text))));
        foreach (var (answer, context, _) in row.Answers)
        {
            _json.WriteStartObject(TripletColumns.Of(answer.Side));
            _json.WriteString("context", context);
            _json.WriteNumber("request", AnswerRequest.Stream(row.Anchor.Key, answer.Side, row.Sample, row.Anchor.Language));
            _json.WriteNumber("attempt", answer.Attempt);
            _json.WriteNumber("prompt_tokens", answer.PromptTokens);
            _json.WriteNumber("tokens", answer.Tokens);
            Repairs(answer);
            _json.WriteEndObject();
        }
        _json.WriteBoolean("flagged", row.Flagged);
        End(_receipts);
    }

    private void AddRejected(OutputRow row, Rejection rejection)
    {
        Begin(_rejected);
        Head(row);
        _json.WriteString("reason", RejectionReasons.Name(rejection.Reason));
        if (rejection.Side is { } side)
            _json.WriteString("column", TripletColumns.Of(side));
        _json.WriteString("detail", rejection.Detail);
        _json.WriteString(TripletColumns.Anchor, row.Anchor.Text);
        foreach (var answer in row.Answers)
        {
            if (answer.Shown is not { } text)
                continue;
            _json.WriteString(TripletColumns.Of(answer.Answer.Side), answer.Answer.RawText ?? text);
            _json.WriteNumber(TripletColumns.Of(answer.Answer.Side) + "_attempt", answer.Answer.Attempt);
        }
        End(_rejected);
    }

    private void Head(OutputRow row)
    {
        _json.WriteString("id", row.Id);
        _json.WriteNumber("row", row.Anchor.Row);
        _json.WriteNumber("sample", row.Sample);
        Language(row);
    }

    private void Language(OutputRow row)
    {
        if (row.Anchor.Language is { } language)
            _json.WriteString(TripletColumns.Language, language);
    }

    private void Repairs(in JournalAnswer answer)
    {
        _json.WriteStartArray("repairs");
        foreach (var repair in answer.Repairs)
            _json.WriteStringValue(repair);
        _json.WriteEndArray();
    }

    private void Begin(ArrayBufferWriter<byte> lines)
    {
        _json.Reset(lines);
        _json.WriteStartObject();
    }

    private void End(ArrayBufferWriter<byte> lines)
    {
        _json.WriteEndObject();
        _json.Flush();
        lines.Write("\n"u8);
    }
}
