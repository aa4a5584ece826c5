namespace XlLoraOnnx.Cli;

/// <summary>Names that mean something on the command line.</summary>
internal static class AdapterNames
{
    /// <summary>The base model, where an adapter name is expected.</summary>
    public const string None = "none";

    public static string? Parse(string? name) => name == None ? null : name;
}
