namespace XlLoraOnnx.Exporter;

/// <summary>Names under which adapters are mounted; they are file names too.</summary>
internal static class AdapterName
{
    /// <summary>Means that no adapter is mounted.</summary>
    public const string None = "none";

    public static void CheckAll(IEnumerable<string> names, string parameter)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in names)
        {
            Check(name, parameter);
            if (!seen.Add(name))
                throw new ArgumentException(
                    $"Two adapters are named '{name}'; names that differ in case alone share a file on some systems.", parameter);
        }
    }

    public static void Check(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, parameter);
        if (name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')) || name[0] == '.')
            throw new ArgumentException(
                $"'{name}' is no adapter name: letters, digits, '.', '_' and '-' are allowed, and the first is not '.'.", parameter);
        if (name.Equals(None, StringComparison.OrdinalIgnoreCase))
            throw new ArgumentException($"'{name}' is no adapter name: it means that there is no adapter.", parameter);
    }
}
