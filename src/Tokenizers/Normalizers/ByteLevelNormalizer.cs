namespace XlLoraOnnx.Tokenizers;

/// <summary><c>ByteLevel</c>: each byte of the UTF-8 text by the character that stands for it.</summary>
internal sealed class ByteLevelNormalizer : INormalizer
{
    public void Normalize(WorkingText text)
    {
        text.BeginRewrite();
        ByteLevel.Write(text, 0, text.Length);
        text.EndRewrite();
    }
}
