namespace XlLoraOnnx.Adapters;

/// <summary>How a file of recipes says that adapters are added.</summary>
internal static class RecipeBookOptions
{
    /// <exception cref="InvalidDataException">A value is none that is known, or they do not go together.</exception>
    public static CompositionOptions Read(ConfigReader book)
    {
        var usual = new CompositionOptions();
        var options = new CompositionOptions
        {
            Mode = Choice(book, "mode", usual.Mode, CompositionOptions.Name),
            Rank = book.OptionalInt("rank"),
            Density = book.OptionalNumber("density"),
            MajoritySign = Choice(book, "majority_sign", usual.MajoritySign, sign => sign.ToString().ToLowerInvariant()),
            Seed = book.OptionalInt("seed") is { } seed ? (ulong)Math.Max(seed, 0) : usual.Seed,
        };
        if (book.OptionalInt("seed") is < 0)
            throw new InvalidDataException($"{book.Describe("seed")}; it must be 0 or more.");
        try
        {
            options.Check();
            return options;
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"'{book.Path}': {e.Message}", e);
        }
    }

    private static T Choice<T>(ConfigReader book, string field, T usual, Func<T, string> name) where T : struct, Enum
    {
        if (book.OptionalString(field) is not { } text)
            return usual;
        foreach (var value in Enum.GetValues<T>())
        {
            if (name(value) == text)
                return value;
        }
        throw new InvalidDataException($"{book.Describe(field)}; there are: {string.Join(", ", Enum.GetValues<T>().Select(name))}.");
    }
}
