namespace XlLoraOnnx.Cli;

/// <summary>NAME=DIR arguments.</summary>
internal static class NamedFolders
{
    public static IReadOnlyDictionary<string, string> Parse(IEnumerable<string> arguments)
    {
        var folders = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var argument in arguments)
        {
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == argument.Length - 1)
                throw new ArgumentException($"--adapter '{argument}' is not NAME=DIR. Example: --adapter pos=adapters/pos");
            if (!folders.TryAdd(argument[..equals], argument[(equals + 1)..]))
                throw new ArgumentException($"--adapter names '{argument[..equals]}' twice; each adapter needs a name of its own.");
        }
        return folders;
    }
}
