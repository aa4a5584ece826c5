using System.Text.RegularExpressions;

namespace XlLoraOnnx.Tests;

/// <summary>
/// One namespace per project means that the compiler does not guard folders. This does: a file may name only types of its own folder and
/// of the folders that its own is allowed to use.
/// </summary>
internal static partial class FolderDependencies
{
    /// <param name="project">Folder of the project.</param>
    /// <param name="allowed">Folder → folders it may use; "" is the project root (the entry points), "*" everything.</param>
    /// <returns>One line for each forbidden use; and one for each folder that the table does not know.</returns>
    public static IReadOnlyList<string> Violations(string project, IReadOnlyDictionary<string, string[]> allowed)
    {
        var files = Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: Path.GetRelativePath(project, path).Replace('\\', '/'), Code: CodeOnly(File.ReadAllText(path))))
            .Where(f => !f.Path.StartsWith("obj/", StringComparison.Ordinal) && !f.Path.StartsWith("bin/", StringComparison.Ordinal))
            .ToList();
        var unknown = files.Select(f => Folder(f.Path)).Distinct().Where(f => !allowed.ContainsKey(f))
            .Select(f => $"folder '{f}' is not in the table");
        var home = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, code) in files)
        {
            foreach (Match declaration in Declaration().Matches(code))
                home[declaration.Groups[1].Value] = Folder(path);
        }
        return [.. unknown, .. files.SelectMany(f => Uses(f.Path, f.Code, home, allowed))];
    }

    private static IEnumerable<string> Uses(
        string path, string code, Dictionary<string, string> home, IReadOnlyDictionary<string, string[]> allowed)
    {
        var folder = Folder(path);
        var may = allowed.GetValueOrDefault(folder, []);
        if (may.Contains("*"))
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
