namespace XlLoraOnnx.Tokenizers;

/// <summary>The field <c>pattern</c>: <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
internal static class PatternReader
{
    public static SplitPattern Read(JsonPart owner)
    {
        var pattern = owner.RequiredPart("pattern");
        if (pattern.OptionalText("String") is { } literal)
            return new LiteralPattern(literal);
        if (pattern.OptionalText("Regex") is { } regex)
            return (SplitPattern?)KnownPattern.Find(regex) ?? new RegexPattern(regex, pattern.Where);
        throw new InvalidDataException($"{pattern.Where} has neither 'String' nor 'Regex'.");
    }
}
