namespace XlLoraOnnx.Cli;

/// <summary>NAME=DIR arguments.</summary>
internal static class NamedFolders
{
    public static IReadOnlyDictionary<string, string> Parse(IEnumerable<string> arguments) => Collect(arguments.Select(Split));

    /// <summary>DIR alone is named like its last folder.</summary>
    public static IReadOnlyDictionary<string, string> ParseOrName(IEnumerable<string> arguments) => Collect(arguments.Select(argument =>
        argument.Contains('=', StringComparison.Ordinal)
            ? Split(argument)
            : (Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(argument))), argument)));

    private static (string Name, string Folder) Split(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || equals == argument.Length - 1)
            throw new ArgumentException($"Adapter '{argument}' is not NAME=DIR. Example: pos=adapters/pos");
        return (argument[..equals], argument[(equals + 1)..]);
    }

    private static OrderedDictionary<string, string> Collect(IEnumerable<(string Name, string Folder)> adapters)
    {
        var folders = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, folder) in adapters)
        {
            if (!folders.TryAdd(name, folder))
                throw new ArgumentException($"Two adapters are named '{name}'; each needs a name of its own (NAME=DIR).");
        }
        return folders;
    }
}
