namespace XlLoraOnnx.Runtime;

/// <summary>A text of one UTF-16 unit per code point, and where each stood.</summary>
internal sealed class RegexScratch
{
    public char[] Chars { get; private set; } = [];

    /// <summary>One more than there are characters.</summary>
    public int[] Positions { get; private set; } = [];

    public void EnsureCapacity(int length)
    {
        if (Chars.Length >= length)
            return;
        Chars = new char[length];
        Positions = new int[length + 1];
    }
}
