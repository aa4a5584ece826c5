using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Text as the characters that stand for its bytes.</summary>
internal static class ByteLevel
{
    /// <summary>Writes what stands for a stretch of the working text.</summary>
    public static void Write(WorkingText text, int start, int end)
    {
        Span<byte> bytes = stackalloc byte[4];
        for (var i = start; i < end;)
        {
            var c = text.Chars[i];
            if (c < 128)
            {
                text.Write(ByteAlphabet.CharOf((byte)c), i, i + 1);
                i++;
                continue;
            }
            var codePoint = Characters.At(text.Chars, i, out var width);
            var length = new Rune(codePoint).EncodeToUtf8(bytes);
            foreach (var b in bytes[..length])
                text.Write(ByteAlphabet.CharOf(b), i, i + width);
            i += width;
        }
    }
}
