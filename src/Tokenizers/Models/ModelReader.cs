using System.Text.Json;

namespace XlLoraOnnx.Tokenizers;

/// <summary>The section <c>model</c> of tokenizer.json.</summary>
internal static class ModelReader
{
    private const string Supported = "BPE, Unigram, WordPiece";

    public static ITokenModel Read(JsonPart part)
    {
        // Files of before 2020 do not say; only BPE has merges, and only Unigram a list for a vocabulary.
        var type = part.OptionalText("type") ?? (part.Has("merges") ? "BPE" : part.Has("unk_id") ? "Unigram" : "WordPiece");
        return type switch
        {
            "BPE" => ReadBpe(part),
            "Unigram" => ReadUnigram(part),
            "WordPiece" => ReadWordPiece(part),
            _ => throw part.Unsupported($"the model '{type}'", Supported),
        };
    }

    private static BpeModel ReadBpe(JsonPart part)
    {
        if (part.Has("dropout") && part.Element.GetProperty("dropout") is var dropout
            && (dropout.ValueKind != JsonValueKind.Number || dropout.GetDouble() != 0))
            throw part.Unsupported($"dropout {dropout.GetRawText()}", "no dropout (it makes tokens random)");
        var vocabulary = ReadVocabulary(part);
        var unknown = part.OptionalText("unk_token");
        var settings = new BpeSettings(
            string.IsNullOrEmpty(unknown) ? BpeSettings.NoUnknown : IdOf(unknown, "unk_token", vocabulary, part),
            part.Bool("fuse_unk", absent: false),
            part.Bool("byte_fallback", absent: false),
            part.Bool("ignore_merges", absent: false),
            part.OptionalText("continuing_subword_prefix") ?? "",
            part.OptionalText("end_of_word_suffix") ?? "");
        var merges = part.Array("merges").Select((merge, rank) => ReadMerge(merge, rank, part)).ToList();
        try
        {
            return new BpeModel(vocabulary, merges, settings);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{part.Where}: {e.Message}", e);
        }
    }

    /// <summary><c>"a b"</c>, or <c>["a", "b"]</c>.</summary>
    private static BpeMerge ReadMerge(JsonElement merge, int rank, JsonPart part)
    {
        if (merge.ValueKind == JsonValueKind.String && merge.GetString()!.Split(' ') is [var left, var right])
            return new BpeMerge(left, right);
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2
            && merge[0].ValueKind == JsonValueKind.String && merge[1].ValueKind == JsonValueKind.String)
            return new BpeMerge(merge[0].GetString()!, merge[1].GetString()!);
        throw new InvalidDataException($"{part.Where}: merges[{rank}] is {merge.GetRawText()}, expected \"a b\" or [\"a\", \"b\"].");
    }

    private static WordPieceModel ReadWordPiece(JsonPart part)
    {
        var vocabulary = ReadVocabulary(part);
        return new WordPieceModel(
            vocabulary, IdOf(part.Text("unk_token"), "unk_token", vocabulary, part), part.Text("continuing_subword_prefix"),
            part.Count("max_input_chars_per_word"));
    }

    private static UnigramModel ReadUnigram(JsonPart part)
    {
        var pieces = new List<string>();
        var scores = new List<double>();
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in part.Array("vocab"))
        {
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[0].ValueKind != JsonValueKind.String
                || entry[1].ValueKind != JsonValueKind.Number || !double.IsFinite(entry[1].GetDouble()))
                throw new InvalidDataException(
                    $"{part.Where}: vocab[{pieces.Count}] is {entry.GetRawText()}, expected [\"piece\", score].");
            ids[entry[0].GetString()!] = pieces.Count;
            pieces.Add(entry[0].GetString()!);
            scores.Add(entry[1].GetDouble());
        }
        if (pieces.Count == 0)
            throw new InvalidDataException($"{part.Where}: the vocabulary is empty.");
        var unknown = part.OptionalCount("unk_id") ?? -1;
        if (unknown >= pieces.Count)
            throw new InvalidDataException($"{part.Where}: unk_id is {unknown}, but the vocabulary has ids 0 to {pieces.Count - 1}.");
        return new UnigramModel(
            new ModelVocabulary(ids, [.. pieces]), [.. scores], unknown, part.Bool("byte_fallback", absent: false));
    }

    private static ModelVocabulary ReadVocabulary(JsonPart part)
    {
        var entries = part.RequiredPart("vocab").Element;
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in entries.EnumerateObject())
        {
            ids[entry.Name] = JsonPart.AsCount(entry.Value)
                ?? throw new InvalidDataException(
                    $"{part.Where}: the id of '{entry.Name}' is {entry.Value.GetRawText()}, expected 0 to 2147483647.");
        }
        if (ids.Count == 0)
            throw new InvalidDataException($"{part.Where}: the vocabulary is empty.");
        // Real vocabularies have few holes; one far away would only cost memory.
        var highest = ids.MaxBy(e => e.Value);
        var allowed = 2 * ids.Count + 65_536;
        if (highest.Value > allowed)
            throw new InvalidDataException(
                $"{part.Where}: the id of '{highest.Key}' is {highest.Value}; "
                + $"for a vocabulary of {ids.Count:N0} pieces ids up to {allowed} are read.");
        var pieces = new string?[highest.Value + 1];
        foreach (var (piece, id) in ids)
        {
            if (pieces[id] is { } other)
                throw new InvalidDataException($"{part.Where}: the id {id} belongs to both '{other}' and '{piece}'.");
            pieces[id] = piece;
        }
        return new ModelVocabulary(ids, pieces);
    }

    private static int IdOf(string piece, string field, ModelVocabulary vocabulary, JsonPart part) =>
        vocabulary.IdOf(piece) is >= 0 and var id
            ? id
            : throw new InvalidDataException(
                $"{part.Where}: {field} is '{piece}', which the vocabulary of {vocabulary.Size:N0} pieces has not.");
}
