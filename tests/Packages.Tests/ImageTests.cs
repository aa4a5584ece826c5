using System.IO.Enumeration;

namespace XlLoraOnnx.Packages.Tests;

/// <summary>What <c>deploy/Dockerfile</c> builds, without a container engine: its sources copied, its program published and
/// started.</summary>
[TestClass]
public sealed class ImageTests
{
    [TestMethod]
    public void Program_PublishedFromWhatTheDockerfileCopies_RunsTheDemonstration()
    {
        using var folder = new TemporaryFolder();
        var file = Dockerfile.Read("Dockerfile");
        var source = folder.File("source");
        foreach (var copied in file.CopiedSources)
            Copy(Path.Combine(Repository.Root, copied), Path.Combine(source, copied));

        string Here(string word) => word is "/build" or "/app" || word.StartsWith("/app/", StringComparison.Ordinal)
            ? folder.Path + word : word;
        var publish = file.Publish.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Here).ToArray();
        Dotnet.RunLong(publish[0], source, publish[1..]);
        var entry = file.EntryPoint.Select(Here).ToArray();
        var output = Dotnet.RunProgram(entry[0], folder.Path, [.. entry[1..], "synthesize", "--demo", "--limit", "20", "--output", "run"]);

        StringAssert.Contains(output, "triplets out");
        Assert.IsGreaterThan(10, File.ReadLines(folder.File("run/triplets.csv")).Count());
        // the image with ASP.NET Core has it
        StringAssert.Contains(File.ReadAllText(folder.File("app/xllora-onnx.runtimeconfig.json")), "Microsoft.AspNetCore.App");
        // it is for one system, without the folder that has the libraries of all
        Assert.IsFalse(Directory.Exists(folder.File("app/runtimes")));
    }

    /// <summary>Without what a build here has left, as .dockerignore says.</summary>
    private static void Copy(string from, string to)
    {
        if (!Directory.Exists(from))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(from, to);
            return;
        }
        var files = new FileSystemEnumerable<string>(
            from, (ref entry) => entry.ToFullPath(), new EnumerationOptions { RecurseSubdirectories = true })
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref entry) => entry.FileName is not ("bin" or "obj"),
        };
        foreach (var file in files)
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
