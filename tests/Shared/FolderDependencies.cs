using System.Text.RegularExpressions;

namespace XlLoraOnnx.Tests;

/// <summary>
/// One namespace per project means that the compiler does not guard folders. This does, for those that are named: their files may name only
/// types of their own folder and of the folders that it is allowed to use.
/// </summary>
internal static partial class FolderDependencies
{
    /// <param name="project">Folder of the project.</param>
    /// <param name="allowed">Folder → folders it may use; "" is the project root. Folders that are not named may use everything.</param>
    /// <returns>One line for each forbidden use; and one for each folder of the table that is not there.</returns>
    public static IReadOnlyList<string> Violations(string project, IReadOnlyDictionary<string, string[]> allowed)
    {
        var files = Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: Path.GetRelativePath(project, path).Replace('\\', '/'), Code: CodeOnly(File.ReadAllText(path))))
            .Where(f => !f.Path.StartsWith("obj/", StringComparison.Ordinal) && !f.Path.StartsWith("bin/", StringComparison.Ordinal))
            .ToList();
        var gone = allowed.Keys.Except(files.Select(f => Folder(f.Path))).Select(f => $"folder '{f}' is not there");
        var home = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, code) in files)
        {
            foreach (Match declaration in Declaration().Matches(code))
                home[declaration.Groups[1].Value] = Folder(path);
        }
        return [.. gone, .. files.SelectMany(f => Uses(f.Path, f.Code, home, allowed))];
    }

    private static IEnumerable<string> Uses(
        string path, string code, Dictionary<string, string> home, IReadOnlyDictionary<string, string[]> allowed)
    {
        var folder = Folder(path);
        if (!allowed.TryGetValue(folder, out var may))
            return [];
        return Identifier().Matches(code).Select(m => m.Value).Distinct()
            .Where(name => home.TryGetValue(name, out var there) && there != folder && !may.Contains(there))
            .Select(name => $"{path} uses {name} of '{home[name]}'");
    }

    private static string Folder(string path) => Path.GetDirectoryName(path)!.Replace('\\', '/');

    private static string CodeOnly(string source) => CommentOrText().Replace(source, " ");

    [GeneratedRegex("""//[^\n]*|"(?:\\.|[^"\\\n])*"|/\*.*?\*/""", RegexOptions.Singleline)]
    private static partial Regex CommentOrText();

    [GeneratedRegex(@"\b(?:class|record struct|record|struct|interface|enum)\s+([A-Z]\w*)")]
    private static partial Regex Declaration();

    // Not after a dot: members have the names of types now and then (result.FinishReason).
    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*")]
    private static partial Regex Identifier();
}
