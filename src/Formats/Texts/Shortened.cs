namespace XlLoraOnnx.Formats;

/// <summary>The beginning of a text, for messages.</summary>
public static class Shortened
{
    private const int Length = 60;

    public static string Of(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        if (line.Length <= Length)
            return line;
        // Not in the middle of a surrogate pair.
        return line[..(char.IsHighSurrogate(line[Length - 1]) ? Length - 1 : Length)] + "…";
    }
}
