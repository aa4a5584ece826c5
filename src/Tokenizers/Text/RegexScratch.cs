using System.Diagnostics;

namespace XlLoraOnnx.Tokenizers;

/// <summary>A text of one UTF-16 unit per code point, and where each stood; and the time that patterns have had for a text.</summary>
internal sealed class RegexScratch
{
    private long _started = Stopwatch.GetTimestamp();

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    public char[] Chars { get; private set; } = [];

    /// <summary>One more than there are characters.</summary>
    public int[] Positions { get; private set; } = [];

    /// <summary>Another text begins.</summary>
    public void Restart() => _started = Stopwatch.GetTimestamp();

    public void EnsureCapacity(int length)
    {
        if (Chars.Length >= length)
            return;
        Chars = new char[length];
        Positions = new int[length + 1];
    }
}
