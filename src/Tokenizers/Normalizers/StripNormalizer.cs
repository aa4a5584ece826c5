namespace XlLoraOnnx.Tokenizers;

/// <summary><c>Strip</c>: white space off the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    public void Normalize(WorkingText text)
    {
        var chars = text.Chars;
        var start = 0;
        var end = chars.Length;
        while (left && start < end && Characters.IsSpace(chars[start]))
            start++;
        while (right && end > start && Characters.IsSpace(chars[end - 1]))
            end--;
        if (end - start == chars.Length)
            return;
        text.BeginRewrite();
        text.Copy(start, end - start);
        text.EndRewrite();
    }
}
