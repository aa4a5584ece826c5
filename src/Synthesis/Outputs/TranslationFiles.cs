using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>The files of translations while they are written: a table, also as JSON lines, where each translation comes from, and which are
/// missing.</summary>
/// <remarks>Columns are called by the codes of their languages, the source first.</remarks>
internal sealed class TranslationFiles : IDisposable
{
    private static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly RunFolder _folder;
    private readonly TranslationStrategy _strategy;
    private readonly TripletFile? _table;
    private readonly TripletFormat _format;
    private readonly OutputFile _lines, _receipts, _rejected;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Utf8JsonWriter _json;
    private readonly MerkleTree _tree = new();

    public TranslationFiles(RunFolder folder, TranslationStrategy strategy)
    {
        (_folder, _strategy) = (folder, strategy);
        _format = folder.Format ?? TripletFormat.Csv;
        // JSON lines are there always: receipts belong to them
        if (_format != TripletFormat.JsonLines)
            _table = new TripletFile(folder.File(RunFolder.TranslationTable(_format)), _format, [strategy.Source, .. strategy.Targets]);
        _lines = new OutputFile(folder.File(RunFolder.TranslationLines));
        _receipts = new OutputFile(folder.File(RunFolder.Receipts));
        _rejected = new OutputFile(folder.File(RunFolder.Rejected));
        _json = new Utf8JsonWriter(_buffer, Format);
    }

    /// <summary>Writes a text with what became of it.</summary>
    /// <param name="line">One for each target, in their order.</param>
    public void Write(IReadOnlyList<OutputRow> line)
    {
        var text = line[0].Anchor.Text;
        _table?.Write([text, .. line.Select(row => TextOf(row) ?? "")]);
        var translation = Json(() =>
        {
            _json.WriteString(_strategy.Source, text);
            for (var i = 0; i < line.Count; i++)
                _json.WriteString(_strategy.Targets[i], TextOf(line[i]));
        });
        var receipt = Json(() => WriteReceipt(line));
        _lines.Write([.. translation, (byte)'\n']);
        _receipts.Write([.. receipt, (byte)'\n']);
        _tree.Add(MerkleTree.Leaf(translation, receipt));
        foreach (var row in line)
        {
            if (row.Rejected is { } rejection)
                _rejected.Write([.. Json(() => WriteRejected(row, rejection)), (byte)'\n']);
        }
    }

    /// <summary>Gives all files their names.</summary>
    public RunOutcome Publish()
    {
        var written = new SortedDictionary<string, RunFile>(StringComparer.Ordinal);
        OutputFile[] files = [_lines, _receipts, _rejected];
        foreach (var file in files)
            written.Add(file.Name, file.Close());
        if (_table is not null)
            written.Add(_table.File.Name, _table.Close());
        foreach (var file in files)
            file.Publish();
        _table?.File.Publish();
        _folder.CopyTable(RunFolder.TranslationTable);
        return new RunOutcome
        {
            Completed = DateTimeOffset.UtcNow,
            Records = 0,
            Triplets = _tree.Leaves,
            Rejected = 0,
            Reasons = [],
            MerkleRoot = _tree.Root(),
            Files = written,
            Contexts = [],
        };
    }

    public void Dispose()
    {
        _json.Dispose();
        _table?.Dispose();
        foreach (var file in (OutputFile[])[_lines, _receipts, _rejected])
            file.Dispose();
    }

    /// <summary>Null for a translation that is missing; empty for that of a blank text.</summary>
    private static string? TextOf(OutputRow row) => row.Rejected is null ? row.Positive?.Answer.Text ?? "" : null;

    private void WriteReceipt(IReadOnlyList<OutputRow> line)
    {
        var anchor = line[0].Anchor;
        _json.WriteString("id", anchor.Key.ToString());
        _json.WriteNumber("row", anchor.Row);
        _json.WriteString("text_sha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(anchor.Text))));
        // codes of languages may be anything, "id" too
        _json.WriteStartObject("translations");
        for (var i = 0; i < line.Count; i++)
        {
            if (line[i] is not { Rejected: null, Positive: { } made })
                continue;
            _json.WriteStartObject(_strategy.Targets[i]);
            _json.WriteString("context", made.Context);
            _json.WriteNumber("request", anchor.Key.RequestId(SynthesisSide.Positive, i));
            _json.WriteNumber("attempt", made.Answer.Attempt);
            _json.WriteNumber("prompt_tokens", made.Answer.PromptTokens);
            _json.WriteNumber("tokens", made.Answer.Tokens);
            _json.WriteEndObject();
        }
        _json.WriteEndObject();
    }

    private void WriteRejected(OutputRow row, Rejection rejection)
    {
        _json.WriteString("id", row.Id);
        _json.WriteNumber("row", row.Anchor.Row);
        _json.WriteNumber("sample", row.Sample);
        _json.WriteString("reason", RejectionReasons.Name(rejection.Reason));
        if (rejection.Side is not null)
            _json.WriteString("column", _strategy.Targets[row.Sample]);
        _json.WriteString("detail", rejection.Detail);
        _json.WriteString("text", row.Anchor.Text);
        if (row.Positive?.Shown is { } shown)
            _json.WriteString("translation", shown);
    }

    private byte[] Json(Action write)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        write();
        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenSpan.ToArray();
    }
}
