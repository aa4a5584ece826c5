using XlLoraOnnx.Cli;

namespace XlLoraOnnx.Docs.Tests;

/// <summary>A command of the documentation: one of this program, or one of those that <see cref="NotRunHere"/> lists.</summary>
internal sealed record DocumentedCommand(ShellCommand Shell)
{
    private const string Tool = "xllora-onnx";
    private static readonly string[] FromSource = ["dotnet", "run", "-c", "Release", "--project", "src/Cli", "--"];

    /// <summary>All of them, page by page in their order.</summary>
    public static IReadOnlyList<DocumentedCommand> All { get; } =
        [.. Documentation.Blocks("bash").SelectMany(ShellCommand.Parse).Select(s => new DocumentedCommand(s))];

    public string Page => Shell.Where.Split(',')[0];

    /// <summary>Why it does not run here; null where it does.</summary>
    public string? Skipped => NotRunHere.Reasons.GetValueOrDefault(Shell.Text);

    /// <summary>Arguments of xllora-onnx; null for another program.</summary>
    public IReadOnlyList<string>? Arguments => Shell.Words[0] == Tool ? [.. Shell.Words.Skip(1)]
        : Shell.Words.Take(FromSource.Length).SequenceEqual(FromSource) ? [.. Shell.Words.Skip(FromSource.Length)]
        : null;

    /// <summary>Values of <c>--output</c>: what is not there before.</summary>
    public IEnumerable<string> Outputs => Shell.Words.Index().Where(w => w.Item is "--output" or "-o")
        .Select(w => Shell.Words[w.Index + 1]);

    /// <summary>What is wrong with it without running it; null for nothing.</summary>
    public string? Problem()
    {
        if (Arguments is { } arguments)
            return XlLoraCommand.Create().Parse([.. arguments]) is { Errors: [var error, ..] } ? error.Message : null;
        if (Skipped is null)
            return "this is neither xllora-onnx nor listed in NotRunHere";
        return Shell.Words.FirstOrDefault(w => w.StartsWith("src/", StringComparison.Ordinal)
            && !Directory.Exists(Path.Combine(Repository.Root, w))) is { } folder ? $"there is no {folder}" : null;
    }
}
