using System.Text.Json;
using System.Text.Unicode;

namespace XlLoraOnnx.Tokenizers;

/// <summary>A file of texts to ids.</summary>
public static class TokenizationJob
{
    private const string Field = "text";

    /// <summary>Encodes the field <c>text</c> of each line, one line at a time. Blank lines are left out.</summary>
    /// <param name="tokenizer">Says whether there are special tokens. May be used elsewhere at the same time.</param>
    /// <param name="input">JSON Lines in UTF-8, with or without a byte order mark. An escaped half of a surrogate pair counts
    /// as U+FFFD.</param>
    /// <param name="name">What messages call the input.</param>
    /// <exception cref="InvalidDataException">A line is malformed; the message has its number. Lines before it were given out.</exception>
    /// <exception cref="NotSupportedException">A line is longer than any text.</exception>
    public static IEnumerable<TokenizedText> Run(XlLoraTokenizer tokenizer, Stream input, string name)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(input);
        foreach (var (number, line) in Utf8Lines.Read(input, name))
        {
            if (line.Span.IndexOfAnyExcept(" \t\r"u8) < 0)
                continue;
            var ids = tokenizer.EncodeToIds(ReadText(line, $"{name}, line {number}"));
            yield return new TokenizedText(ids, [.. ids.Select(id => tokenizer.IdToToken(id)!)], tokenizer.Decode(ids));
        }
    }

    private static string ReadText(ReadOnlyMemory<byte> line, string where)
    {
        if (!Utf8.IsValid(line.Span))
            throw new InvalidDataException($"{where} is not UTF-8.");
        try
        {
            using var document = JsonDocument.Parse(line);
            var row = document.RootElement;
            if (row.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException(
                    $"{where} is a JSON {row.ValueKind}; each line must be an object with a string \"{Field}\".");
            if (!row.TryGetProperty(Field, out var value))
                throw new InvalidDataException($"{where} has no field \"{Field}\".");
            return value.ValueKind == JsonValueKind.String
                ? JsonText.Unescape(value.GetRawText())
                : throw new InvalidDataException($"{where}: \"{Field}\" is a JSON {value.ValueKind}; it must be a string.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{where} is not valid JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{where} has a field whose name is not valid Unicode: {e.Message}", e);
        }
    }
}

/// <summary>A text as its tokens.</summary>
/// <param name="Ids">Ids of the vocabulary.</param>
/// <param name="Tokens">The piece of each id.</param>
/// <param name="Decoded">What the ids decode to, without special tokens.</param>
public sealed record TokenizedText(IReadOnlyList<int> Ids, IReadOnlyList<string> Tokens, string Decoded);
