namespace XlLoraOnnx.Datasets;

/// <summary>Where a table has its columns, by its header.</summary>
internal static class TableColumns
{
    /// <param name="names">The first must be there.</param>
    /// <returns>A place for each name; null for one of the others that is not there.</returns>
    /// <exception cref="InvalidDataException">The first is not there, or one is there twice.</exception>
    public static int?[] Find(string[] header, string[] names, string path) =>
        [.. names.Select((name, i) => Find(header, name, isOptional: i > 0, path))];

    private static int? Find(string[] header, string name, bool isOptional, string path)
    {
        int[] found = [.. header.Index().Where(h => h.Item == name).Select(h => h.Index)];
        if (found.Length == 1)
            return found[0];
        if (isOptional && found.Length == 0)
            return null;
        throw new InvalidDataException(
            $"{path} has {found.Length} columns named {name}; it needs exactly one. " +
            $"Columns found: {string.Join(", ", header.Select(h => $"\"{h}\""))}.");
    }
}
