using System.Text.Json;

namespace XlLoraOnnx.Datasets;

/// <summary>What a file holds, by its first bytes; the ending of its name decides only what these leave open.</summary>
internal static class DataSniffer
{
    // Signatures as the formats' own documents give them; a file of these would otherwise be refused for a byte that is not UTF-8.
    private static readonly (byte[] Bytes, string What, string Advice)[] Foreign =
    [
        ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive (as .xlsx and .zip files are)", "Unpack it, or save the sheet as CSV in UTF-8."),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed with Zstandard", "Unpack it, for example with: unzstd"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "compressed with xz", "Unpack it, for example with: unxz"),
        ([0x42, 0x5A, 0x68], "compressed with bzip2", "Unpack it, for example with: bunzip2"),
        ([.. "ARROW1"u8], "an Arrow file", "Write it as Parquet (in Python: Dataset.to_parquet)."),
        ([0xFF, 0xFF, 0xFF, 0xFF], "an Arrow stream, as Dataset.save_to_disk writes them", "Write it as Parquet (Dataset.to_parquet)."),
        ([0x93, .. "NUMPY"u8], "a NumPy array", "Give a file of texts."),
        ([.. "SQLite format 3"u8], "an SQLite database", "Write its table as CSV or Parquet."),
    ];

    /// <param name="head">At least the first line, where it is not too long for that.</param>
    /// <param name="path">For its ending and for messages; <c>-</c> is standard input.</param>
    /// <exception cref="InvalidDataException">It is no file of texts, or not what its ending promises.</exception>
    /// <exception cref="NotSupportedException">It is something that must be unpacked or converted first.</exception>
    public static DataShape Find(ReadOnlySpan<byte> head, string path)
    {
        var promise = path == StrictUtf8.StandardInput ? null : DataEndings.Promise(path);
        if (head.StartsWith("PAR1"u8))
            return new(DataKind.Parquet);
        foreach (var (bytes, what, advice) in Foreign)
        {
            if (head.StartsWith(bytes))
                throw new NotSupportedException($"{path} is {what}; texts are read from {Names()} and plain text. {advice}");
        }
        if (promise == DataKind.Parquet)
            throw new InvalidDataException(
                $"{path} is no Parquet file, whatever its name: it begins with {Beginning(head)}, and a Parquet file with PAR1." +
                " Was it cut off, or is it the pointer of Git LFS?");
        var text = Trimmed(head);
        if (JsonIn(text, path) is { } json)
            return promise != DataKind.PlainText ? new(json) : throw new InvalidDataException(
                $"{path} holds JSON ({Words(json)}), but its ending {DataEndings.Of(path)} says plain text, a text a line. Name it " +
                ".jsonl or .json to have its fields read.");
        return promise switch
        {
            // what follows is malformed, and the reader says where
            DataKind.JsonLines => new(text.StartsWith("["u8) ? DataKind.JsonList : DataKind.JsonLines),
            DataKind.Table => new(DataKind.Table, SeparatorSniffer.Find(text, DataEndings.Of(path) == ".csv" ? ',' : '\t')),
            _ => new(DataKind.PlainText),
        };
    }

    private static string Names() => string.Join(", ", DataEndings.Known);

    private static string Words(DataKind json) => json switch
    {
        DataKind.JsonList => "a list",
        DataKind.JsonObject => "an object over several lines",
        _ => "an object a line",
    };

    private static DataKind? JsonIn(ReadOnlySpan<byte> text, string path)
    {
        if (text.IsEmpty || text[0] is not ((byte)'{' or (byte)'['))
            return null;
        var reader = new Utf8JsonReader(text, isFinalBlock: false, default);
        try
        {
            reader.Read();
            if (!reader.Read())
                return text[0] == '[' ? DataKind.JsonList : DataKind.JsonObject;
            if (text[0] == '[')
                return IsListOfRows(ref reader) ? DataKind.JsonList : null;
        }
        catch (JsonException)
        {
            // A text may begin with a bracket: "[Music] ...".
            return null;
        }
        var line = FirstLine(text);
        if (line.Length == text.Length)
            return DataEndings.Of(path) == ".json" && IsOpen(text) ? DataKind.JsonObject : DataKind.JsonLines;
        return IsOpen(line) ? DataKind.JsonObject : DataKind.JsonLines;
    }

    private static bool IsListOfRows(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.String or JsonTokenType.EndArray))
            return false;
        // what follows a first string or brace is JSON too, or the data end here
        reader.Read();
        return true;
    }

    /// <summary>Whether the text is the beginning of a value, all of it valid.</summary>
    internal static bool IsOpen(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, isFinalBlock: false, default);
        try
        {
            while (reader.Read())
            {
                // to its end
            }
            return reader.CurrentDepth > 0
                || reader.TokenType is JsonTokenType.None or JsonTokenType.StartObject or JsonTokenType.StartArray;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    internal static ReadOnlySpan<byte> FirstLine(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)'\n');
        return end < 0 ? text : text[..end];
    }

    private static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> head) =>
        (head.StartsWith("\uFEFF"u8) ? head[3..] : head).TrimStart(" \t\r\n"u8);

    private static string Beginning(ReadOnlySpan<byte> head) => head.IsEmpty ? "nothing"
        : string.Join(' ', head[..Math.Min(4, head.Length)].ToArray().Select(b => $"0x{b:X2}"));
}
