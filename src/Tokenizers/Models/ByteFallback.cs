namespace XlLoraOnnx.Tokenizers;

/// <summary>Characters without a piece of their own, by the pieces of their UTF-8 bytes.</summary>
internal static class ByteFallback
{
    /// <summary>Adds all bytes, or none.</summary>
    /// <param name="byteIds">Of the 256 bytes; −1 where the vocabulary lacks one.</param>
    public static bool TryAdd(ReadOnlySpan<char> text, int start, ReadOnlySpan<int> byteIds, TokenOutput output)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            foreach (var b in bytes[..rune.EncodeToUtf8(bytes)])
            {
                if (byteIds[b] < 0)
                    return false;
            }
        }
        foreach (var rune in text.EnumerateRunes())
        {
            foreach (var b in bytes[..rune.EncodeToUtf8(bytes)])
                output.Add(byteIds[b], start, start + text.Length);
        }
        return true;
    }
}
