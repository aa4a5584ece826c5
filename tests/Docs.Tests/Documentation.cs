
namespace XlLoraOnnx.Docs.Tests;

/// <summary>The markdown files of the repository.</summary>
internal static class Documentation
{
    /// <summary>Folders of what is built, installed or recorded.</summary>
    private static readonly string[] Skipped = ["bin", "obj", "node_modules", "TestResults", "artifacts", "Data"];

    private static readonly string[] Folders = [".github", "docs", "findings", "samples", "src", "tests", "tools"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<MarkdownFile> Files { get; } = [.. Paths().Order(StringComparer.Ordinal).Select(path =>
        new MarkdownFile(Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'), File.ReadAllText(path)))];

    /// <summary>What tells users what to do: the files beside the licence, and <c>docs</c>. Their blocks run.</summary>
    public static IEnumerable<MarkdownFile> Pages => Files.Where(f =>
        !f.Name.Contains('/', StringComparison.Ordinal) || f.Name.StartsWith("docs/", StringComparison.Ordinal));

    /// <summary>Blocks of the pages that are in one of these languages.</summary>
    public static IEnumerable<MarkdownBlock> Blocks(params string[] languages) =>
        Pages.SelectMany(p => p.Blocks).Where(b => languages.Contains(b.Language));

    public static string PageText(string name) => Files.Single(f => f.Name == name).Text;

    private static IEnumerable<string> Paths() =>
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.md"),
        .. Folders.Select(f => Path.Combine(Repository.Root, f)).Where(Directory.Exists).SelectMany(Below),
        Path.Combine(Repository.Root, "onnx-models", "README.md"),
        Repository.Demo("README.md"),
        Repository.DemoEncoder("README.md"),
    ];

    private static IEnumerable<string> Below(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.md"),
        .. Directory.EnumerateDirectories(folder).Where(d => !Skipped.Contains(Path.GetFileName(d))).SelectMany(Below),
    ];
}
