
namespace XlLoraOnnx.Docs.Tests;

/// <summary>Every relative link of every markdown file leads somewhere.</summary>
[TestClass]
public sealed class LinkTests
{
    [TestMethod]
    public void Link_OfEveryFile_LeadsToAFileAndToAHeadingOfIt()
    {
        var broken = Documentation.Files.SelectMany(f => f.Links.Select(l => Problem(f, l)).OfType<string>()).ToArray();

        Assert.AreEqual("", string.Join('\n', broken));
    }

    [TestMethod]
    public void Page_OfDocs_IsReachedFromTheReadme()
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<string>(["README.md"]);
        while (waiting.TryDequeue(out var name))
        {
            if (!reached.Add(name) || Documentation.Files.FirstOrDefault(f => f.Name == name) is not { } file)
                continue;
            foreach (var link in file.Links.Where(l => !IsAddress(l.Target)))
                waiting.Enqueue(Resolve(name, link.Target.Split('#')[0]));
        }

        var lost = Documentation.Files.Select(f => f.Name)
            .Where(n => n.StartsWith("docs/", StringComparison.Ordinal) && !reached.Contains(n));
        Assert.AreEqual("", string.Join(", ", lost));
    }

    private static string? Problem(MarkdownFile file, MarkdownLink link)
    {
        if (IsAddress(link.Target))
            return null;
        var (path, anchor) = link.Target.Split('#') is [var p, var a] ? (p, a) : (link.Target, "");
        var name = path.Length == 0 ? file.Name : Resolve(file.Name, path);
        if (!Exists(name))
            return $"{file.Name}, line {link.Line}: there is no {name}";
        if (anchor.Length == 0)
            return null;
        var target = Documentation.Files.FirstOrDefault(f => f.Name == name);
        return target?.Anchors.Contains(anchor) == true ? null : $"{file.Name}, line {link.Line}: {name} has no heading '{anchor}'";
    }

    private static bool IsAddress(string target) => target.Contains("://", StringComparison.Ordinal);

    private static string Resolve(string from, string path)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, from))!;
        return Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(folder, path))).Replace('\\', '/').TrimEnd('/');
    }

    /// <summary>With its letters in the case that they have on disk, which some systems do not look at.</summary>
    private static bool Exists(string name)
    {
        var folder = Repository.Root;
        foreach (var part in name.Split('/'))
        {
            if (part != "." && !Directory.EnumerateFileSystemEntries(folder, part)
                .Any(e => Path.GetFileName(e).Equals(part, StringComparison.Ordinal)))
                return false;
            folder = Path.Combine(folder, part);
        }
        return true;
    }
}
