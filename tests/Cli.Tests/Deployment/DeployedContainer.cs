using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace XlLoraOnnx.Cli.Tests;

/// <summary>A container of a file of <c>deploy</c> that runs this program.</summary>
/// <param name="Name">Of its service or container.</param>
/// <param name="Arguments">Of the program.</param>
/// <param name="Mounts">Paths inside of it that are volumes or memory.</param>
/// <param name="Environment">Names of its variables.</param>
/// <param name="User">As whom it runs.</param>
internal sealed partial record DeployedContainer(
    string Name, string[] Arguments, string[] Mounts, string[] Environment, string User)
{
    /// <summary>What a file holds, with the defaults of its variables.</summary>
    /// <param name="name">Within <c>deploy</c>.</param>
    public static IReadOnlyList<DeployedContainer> Read(string name)
    {
        var documents = Documents(name);
        return documents.Any(d => d.Children.ContainsKey("services"))
            ? [.. documents.SelectMany(d => Map(d["services"]).Children).Where(s => IsOurs(Map(s.Value))).Select(Service)]
            : [.. documents.Where(d => Map(d["spec"]).Children.ContainsKey("template")).SelectMany(Pod)];
    }

    /// <summary>Every document of a file, with its anchors and merged keys resolved.</summary>
    /// <exception cref="YamlException">It is no YAML.</exception>
    public static IReadOnlyList<YamlMappingNode> Documents(string name)
    {
        using var text = new StringReader(Variable().Replace(File.ReadAllText(Path.Combine(Repository.Root, "deploy", name)),
            match => match.Groups["default"] is { Success: true } value ? value.Value : $"/{match.Groups["name"].Value}"));
        var yaml = new YamlStream();
        yaml.Load(new MergingParser(new Parser(text)));
        return [.. yaml.Documents.Select(d => Map(d.RootNode))];
    }

    private static DeployedContainer Service(KeyValuePair<YamlNode, YamlNode> service)
    {
        var map = Map(service.Value);
        return new DeployedContainer(Text(service.Key), Texts(map["command"]),
            [.. Texts(map["volumes"]).Select(v => v.Split(':')[1]), .. Texts(map["tmpfs"])],
            [.. Map(map["environment"]).Children.Keys.Select(Text)], Text(map["user"]));
    }

    private static IEnumerable<DeployedContainer> Pod(YamlMappingNode document)
    {
        var pod = Map(document["spec"]["template"]["spec"]);
        var volumes = List(pod["volumes"]).Select(v => Text(v["name"])).ToArray();
        foreach (var container in List(pod["containers"]).Select(Map).Where(IsOurs))
        {
            var mounts = List(container["volumeMounts"]);
            foreach (var mount in mounts)
                CollectionAssert.Contains(volumes, Text(mount["name"]), "a mount of a volume that there is not");
            yield return new DeployedContainer(Text(document["metadata"]["name"]), Texts(container["args"]),
                [.. mounts.Select(m => Text(m["mountPath"]))], [.. List(container["env"]).Select(e => Text(e["name"]))],
                $"{Text(pod["securityContext"]["runAsUser"])}:{Text(pod["securityContext"]["runAsGroup"])}");
        }
    }

    private static bool IsOurs(YamlMappingNode container) =>
        container.Children.TryGetValue("image", out var image) && Text(image) == "xllora-onnx";

    private static YamlMappingNode Map(YamlNode node) => (YamlMappingNode)node;

    private static IList<YamlNode> List(YamlNode node) => ((YamlSequenceNode)node).Children;

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    private static string[] Texts(YamlNode node) => [.. List(node).Select(Text)];

    /// <summary>As Compose replaces them: <c>${NAME:-default}</c>, <c>${NAME:?message}</c>.</summary>
    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+)(?::-(?<default>[^}]*)|:\?[^}]*)\}")]
    private static partial Regex Variable();
}
