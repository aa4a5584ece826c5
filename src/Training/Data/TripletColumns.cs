namespace XlLoraOnnx.Training;

/// <summary>Which columns of a file are the anchor, the positive and the hard negative.</summary>
/// <param name="Places">One, two or three.</param>
internal sealed record TripletColumns(TripletKind Kind, int[] Places)
{
    // of SimCSE and XL-LoRA, and of sentence-transformers
    private static readonly string[][] Families = [["sent0", "sent1", "hard_neg"], ["anchor", "positive", "negative"]];

    public const string Allowed = "sent0, sent1 and hard_neg (or anchor, positive and negative); sent0 and sent1 alone; or one to three "
        + "columns of any other names, in this order";

    /// <summary>By their names, whatever else the file has; by their places where it has neither family of names.</summary>
    /// <exception cref="InvalidDataException">It has other columns.</exception>
    public static TripletColumns Find(string[] names, string path)
    {
        if (names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw Wrong(names, path, $"has {twice.Count()} columns named \"{twice.Key}\"");
        foreach (var family in Families)
        {
            if (family.Any(names.Contains))
                return ByName(family, names, path);
        }
        return names.Length is >= 1 and <= 3
            ? new TripletColumns((TripletKind)(names.Length - 1), [.. Enumerable.Range(0, names.Length)])
            : throw Wrong(names, path, names.Length == 0 ? "has no column" : "has too many columns to tell which is which");
    }

    private static TripletColumns ByName(string[] family, string[] names, string path)
    {
        var places = Array.ConvertAll(family, name => Array.IndexOf(names, name));
        return places switch
        {
            [>= 0, >= 0, >= 0] => new TripletColumns(TripletKind.Triplets, places),
            [>= 0, >= 0, _] => new TripletColumns(TripletKind.Pairs, places[..2]),
            [>= 0, _, _] when names.Length == 1 => new TripletColumns(TripletKind.Texts, places[..1]),
            _ => throw Wrong(names, path, "lacks " + string.Join(" and ", family.Take(2).Where(n => !names.Contains(n)))),
        };
    }

    private static InvalidDataException Wrong(string[] names, string path, string what) => new(
        $"{path} {what}. Columns found: {string.Join(", ", names.Select(n => $"\"{n}\""))}. Training data has {Allowed}.");
}
