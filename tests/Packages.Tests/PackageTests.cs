using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace XlLoraOnnx.Packages.Tests;

/// <summary>The packages as a stranger takes them: what is in them, and whether what their READMEs show runs.</summary>
[TestClass]
public sealed partial class PackageTests
{
    private static readonly string[] Libraries =
    [
        "XlLoraOnnx.Adapters", "XlLoraOnnx.Datasets", "XlLoraOnnx.Evaluation", "XlLoraOnnx.Exporter", "XlLoraOnnx.Formats",
        "XlLoraOnnx.Runtime", "XlLoraOnnx.Runtime.GenAI", "XlLoraOnnx.Server", "XlLoraOnnx.Synthesis", "XlLoraOnnx.Synthesis.PostgreSQL",
        "XlLoraOnnx.Tokenizers", "XlLoraOnnx.Training",
    ];

    [TestMethod]
    public void Package_OfEachProject_HasReadmeLicenceSourceAndDocumentation()
    {
        foreach (var id in Libraries)
        {
            using var package = Open(id);
            var nuspec = Nuspec(package);
            string? Field(string name) => nuspec.Descendants().FirstOrDefault(e => e.Name.LocalName == name)?.Value;

            Assert.AreEqual("README.md", Field("readme"), id);
            Assert.AreEqual("MIT", Field("license"), id);
            Assert.AreNotEqual("Package Description", Field("description"), id);
            Assert.IsNotNull(package.GetEntry($"lib/net10.0/{id}.xml"), $"{id} has no documentation");
            Assert.IsTrue(File.Exists(Path.Combine(Consumer.Packages, $"{id}.{Consumer.Version}.snupkg")), $"{id} has no symbols");
        }
    }

    [TestMethod]
    [DataRow("XlLoraOnnx.Runtime", "Microsoft.ML.OnnxRuntimeGenAI")]
    [DataRow("XlLoraOnnx.Runtime", "ParquetSharp")]
    [DataRow("XlLoraOnnx.Exporter", "ParquetSharp")]
    [DataRow("XlLoraOnnx.Evaluation", "Microsoft.ML.OnnxRuntime")]
    [DataRow("XlLoraOnnx.Exporter", "Microsoft.ML.OnnxRuntime")]
    [DataRow("XlLoraOnnx.Server", "Microsoft.ML.OnnxRuntimeGenAI")]
    [DataRow("XlLoraOnnx.Tokenizers", "Microsoft.ML.OnnxRuntime")]
    [DataRow("XlLoraOnnx.Training", "Microsoft.ML.OnnxRuntimeGenAI")]
    public void Package_ThatNeedsNoNativeLibrary_DoesNotBringIt(string id, string native)
    {
        var brought = new HashSet<string>(StringComparer.Ordinal);
        Follow(id, brought);

        Assert.DoesNotContain(native, brought);
    }

    [TestMethod]
    public void Readmes_InAConsoleProjectOfAllPackages_Run()
    {
        var blocks = Libraries.Select(id => (Id: id, Code: ReadmeCode(id))).ToArray();
        var program = string.Join('\n', Libraries.Where(id => id != "XlLoraOnnx.Adapters").Append("XlLoraOnnx.Adapters")
                .Select(id => $"using {id};"))
            + "\nusing Microsoft.Extensions.AI;\n"
            + string.Join('\n', blocks.Select(b => $"await {Name(b.Id)}();\nConsole.WriteLine(\"ran {b.Id}\");")) + "\n"
            + string.Join('\n', blocks.Select(b => $$"""
                static async Task {{Name(b.Id)}}()
                {
                    await Task.Yield();
                {{(b.Code.Contains("(generator,", StringComparison.Ordinal)
                    ? "using var generator = new XlLoraEmbeddingGenerator(\"onnx-models/minilm\");" : "")}}
                {{b.Code.Replace("\"google-gemma-3-1b-it\", \"onnx-models/gemma-3-1b\"", "\"google-gemma-3-1b-it\", \"exported\"",
                    StringComparison.Ordinal)}}
                }
                """));
        var project = Consumer.NewProject("console", "Microsoft.NET.Sdk", program, Libraries);

        Dotnet.Run(project, "build", "-v", "q");
        var output = Dotnet.Run(Consumer.Workspace, Path.Combine(project, "bin", "Debug", "net10.0", "console.dll"));

        foreach (var id in Libraries)
            StringAssert.Contains(output, $"ran {id}");
        StringAssert.Contains(output, "Der Fischer trägt Holz. | ");
    }

    [TestMethod]
    public void Tool_InstalledFromItsPackage_RunsTheDemonstration()
    {
        var project = Consumer.NewProject("tool", "Microsoft.NET.Sdk", "return;");

        Dotnet.Run(project, "tool", "install", "xllora-onnx", "--tool-path", "bin", "--version", Consumer.Version,
            "--add-source", Consumer.Packages);
        var tool = Path.Combine(project, "bin", OperatingSystem.IsWindows() ? "xllora-onnx.exe" : "xllora-onnx");
        var output = Dotnet.RunProgram(tool, project, "synthesize", "--demo", "--limit", "20");

        StringAssert.Contains(output, "triplets out");
        Assert.IsGreaterThan(10, File.ReadLines(Directory.EnumerateFiles(project, "triplets*.csv").Single()).Count());
    }

    private static ZipArchive Open(string id) => ZipFile.OpenRead(Path.Combine(Consumer.Packages, $"{id}.{Consumer.Version}.nupkg"));

    private static XDocument Nuspec(ZipArchive package)
    {
        using var stream = package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream);
    }

    /// <summary>Dependencies among our own packages are followed, those of others named.</summary>
    private static void Follow(string id, HashSet<string> brought)
    {
        if (!Libraries.Contains(id))
            return;
        using var package = Open(id);
        foreach (var dependency in Nuspec(package).Descendants().Where(e => e.Name.LocalName == "dependency"))
        {
            if (brought.Add((string)dependency.Attribute("id")!))
                Follow((string)dependency.Attribute("id")!, brought);
        }
    }

    /// <summary>As it is in the package, all blocks of C# together.</summary>
    private static string ReadmeCode(string id)
    {
        using var package = Open(id);
        using var reader = new StreamReader(package.GetEntry("README.md")!.Open());
        var blocks = CSharpBlock().Matches(reader.ReadToEnd()).Select(m => m.Groups[1].Value).ToArray();
        Assert.IsNotEmpty(blocks, $"the README of {id} shows no code");
        return string.Join('\n', blocks);
    }

    private static string Name(string id) => id.Replace(".", "", StringComparison.Ordinal);

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();
}
