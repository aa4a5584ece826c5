namespace XlLoraOnnx.Tokenizers;

/// <summary>How many tokens of each sequence stay.</summary>
internal static class Truncation
{
    /// <param name="second">0 where there is no second sequence.</param>
    /// <param name="room">What is left for both, without special tokens.</param>
    /// <exception cref="ArgumentException">The sequence that may be cut is too short for it.</exception>
    public static (int First, int Second) Fit(int first, int second, bool isPair, int room, TruncationStrategy strategy)
    {
        var excess = first + second - room;
        if (excess <= 0)
            return (first, second);
        switch (strategy)
        {
            case TruncationStrategy.LongestFirst:
                return isPair ? LongestFirst(first, second, room) : (room, 0);
            case TruncationStrategy.OnlyFirst when first >= excess:
                return (first - excess, second);
            case TruncationStrategy.OnlySecond when isPair && second >= excess:
                return (first, second - excess);
            default:
                throw new ArgumentException(
                    $"{first + second} tokens have to become {room}, but {strategy} may shorten only a sequence of " +
                    $"{(strategy == TruncationStrategy.OnlyFirst ? first : second)}. " +
                    $"Use {TruncationStrategy.LongestFirst}, or a larger MaxLength.");
        }
    }

    /// <summary>Token by token off the longer one, in closed form, as the reference has it.</summary>
    private static (int, int) LongestFirst(int first, int second, int room)
    {
        var shorter = Math.Min(first, second);
        var longer = shorter > room ? shorter : Math.Max(shorter, room - shorter);
        if (shorter + longer > room)
        {
            shorter = room / 2;
            longer = shorter + room % 2;
        }
        return first > second ? (longer, shorter) : (shorter, longer);
    }
}
