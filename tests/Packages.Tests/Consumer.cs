using System.Reflection;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Packages.Tests;

/// <summary>All packages in a folder, and a folder beside it in which a stranger makes projects of them.</summary>
[TestClass]
public static partial class Consumer
{
    private static readonly TemporaryFolder Root = new();

    private static readonly Lazy<string> LazyVersion = new(Pack);

    private static readonly Lazy<bool> LazyModels = new(MakeModels);

    /// <summary>Of the packages, which are packed when it is first asked for.</summary>
    public static string Version => LazyVersion.Value;

    public static string Packages => Root.File("packed");

    /// <summary>A folder in which everything lies that the READMEs name.</summary>
    public static string Workspace => LazyModels.Value ? Root.File("workspace") : throw new InvalidOperationException();

    public static string Model => Path.Combine(Workspace, "onnx-models", "gemma-3-1b");

    public static string Encoder => Path.Combine(Workspace, "onnx-models", "minilm");

    public static string Configuration { get; } = typeof(Consumer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "Configuration").Value!;

    /// <summary>A new project, not below the repository, with its own package cache; others' packages come from where they are.</summary>
    public static string NewProject(string name, string sdk, string program, params string[] packages)
    {
        var folder = Directory.CreateDirectory(Root.File(name)).FullName;
        File.WriteAllText(Path.Combine(folder, "NuGet.config"), $"""
            <configuration>
              <packageSources><add key="packed" value="{Packages}" /></packageSources>
              <config><add key="globalPackagesFolder" value="{Root.File("cache")}" /></config>
              <fallbackPackageFolders><add key="user" value="{UserCache()}" /></fallbackPackageFolders>
            </configuration>
            """);
        var references = packages.Select(p => $"""    <PackageReference Include="{p}" Version="{Version}" />""");
        File.WriteAllText(Path.Combine(folder, name + ".csproj"), $"""
            <Project Sdk="{sdk}">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
            {string.Join('\n', references)}
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), program);
        return folder;
    }

    [AssemblyCleanup]
    public static void Delete() => Root.Dispose();

    private static string Pack()
    {
        Directory.CreateDirectory(Packages);
        // as `dotnet pack --no-build` does it, for all of them in one process
        var all = Root.Write("pack.proj", $"""
            <Project>
              <ItemGroup>
                <Packed Include="{Path.Combine(Repository.Root, "src")}/**/*.csproj" />
              </ItemGroup>
              <Target Name="Pack">
                <MSBuild Projects="@(Packed)" Targets="Pack" BuildInParallel="true"
                  Properties="NoBuild=true;_IsPacking=true;Configuration={Configuration};PackageOutputPath={Packages}" />
              </Target>
            </Project>
            """);
        Dotnet.Run(Repository.Root, "msbuild", all, "-t:Pack", "-m:2", "-nodeReuse:false", "-v:q");
        var tool = Directory.EnumerateFiles(Packages, "xllora-onnx.*.nupkg").Single();
        return VersionOf().Match(Path.GetFileName(tool)).Groups[1].Value;
    }

    private static bool MakeModels()
    {
        var workspace = Directory.CreateDirectory(Root.File("workspace")).FullName;
        Copy(Repository.Demo("base"), Path.Combine(workspace, "google-gemma-3-1b-it"));
        foreach (var adapter in (string[])["pos", "neg"])
            Copy(Repository.Demo(adapter), Path.Combine(workspace, "adapters", adapter));
        foreach (var (part, adapter) in (ReadOnlySpan<(string, string)>)[("task", "pos"), ("hausa", "neg"), ("english", "pos")])
            Copy(Repository.Demo(adapter), Path.Combine(workspace, "adapters", part));
        foreach (var data in (string[])["sts.csv", "retrieval.json"])
            File.Copy(Repository.Demo("world", data), Path.Combine(workspace, data));
        File.WriteAllLines(Path.Combine(workspace, "translations.csv"),
            ["hypothesis,reference", "The man buys fish.,The man buys fish at home.", "The girl sings.,The girl sings at night."]);
        Copy(Repository.DemoEncoder(), Path.Combine(workspace, "xlm-roberta-base"));
        File.WriteAllLines(Path.Combine(workspace, "triplets.csv"),
        [
            "sent0,sent1,hard_neg", "Der Fischer trägt Holz.,A man carries wood.,The fisherman sleeps.",
            "Mvuvi anabeba kuni.,A man works.,Nobody works.",
        ]);
        var adapters = new Dictionary<string, string> { ["pos"] = Repository.Demo("pos"), ["neg"] = Repository.Demo("neg") };
        ModelExporter.Export(
            Repository.Demo("base"), Path.Combine(workspace, "onnx-models", "gemma-3-1b"), new ExportOptions { Adapters = adapters });
        ModelExporter.Export(Repository.DemoEncoder(), Path.Combine(workspace, "onnx-models", "minilm"));
        return true;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private static string UserCache() => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } chosen ? chosen
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    [GeneratedRegex(@"^xllora-onnx\.(\d.*)\.nupkg$")]
    private static partial Regex VersionOf();
}
