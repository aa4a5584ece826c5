namespace XlLoraOnnx;

/// <summary>Arguments as bash reads them.</summary>
internal static class ShellWord
{
    private const string Plain = "-_./,:=%+@";

    /// <returns>The argument itself, or in quotes where bash would read something else.</returns>
    public static string Of(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal)) ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
