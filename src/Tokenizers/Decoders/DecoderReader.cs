namespace XlLoraOnnx.Tokenizers;

/// <summary>The section <c>decoder</c> of tokenizer.json.</summary>
internal static class DecoderReader
{
    private const string Supported = "BPEDecoder, ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence, Strip, WordPiece";

    public static ITokenDecoder? Read(JsonPart? section) => section is { } part ? ReadPart(part) : null;

    private static ITokenDecoder ReadPart(JsonPart part)
    {
        switch (part.Type)
        {
            case "BPEDecoder":
                var suffix = part.Text("suffix");
                return new PieceDecoder((piece, i, count) =>
                    suffix.Length == 0 ? piece : piece.Replace(suffix, i == count - 1 ? "" : " ", StringComparison.Ordinal));
            case "ByteFallback":
                return new ByteFallbackDecoder();
            case "ByteLevel":
                return new ByteLevelDecoder();
            case "Fuse":
                return new FuseDecoder();
            case "Metaspace":
                var replacement = PreTokenizerReader.ReadReplacement(part);
                var drops = PreTokenizerReader.ReadPrependScheme(part) != PrependScheme.Never;
                return new PieceDecoder((piece, i, _) => PieceDecoders.Metaspace(piece, drops && i == 0, replacement));
            case "Replace":
                var (pattern, content) = (PatternReader.Read(part), part.Text("content"));
                return new PieceDecoder((piece, _, _) => PieceDecoders.Replace(piece, pattern, content));
            case "Sequence":
                return new DecoderSequence([.. part.Parts("decoders").Select(ReadPart)]);
            case "Strip":
                var (stripped, start, stop) = (part.Character("content"), part.Count("start"), part.Count("stop"));
                return new PieceDecoder((piece, _, _) => PieceDecoders.Strip(piece, stripped, start, stop));
            case "WordPiece":
                var (prefix, cleanUp) = (part.Text("prefix"), part.Bool("cleanup"));
                return new PieceDecoder((piece, i, _) => PieceDecoders.WordPiece(piece, i == 0, prefix, cleanUp));
            case var type:
                throw part.Unsupported($"the decoder '{type}'", Supported);
        }
    }
}
