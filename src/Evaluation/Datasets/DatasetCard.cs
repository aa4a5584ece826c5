using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace XlLoraOnnx.Evaluation;

/// <summary>What a dataset card says of a file.</summary>
/// <param name="Split">As result files write it; null where the card does not say.</param>
/// <param name="Subset">Name of the config; null for the only one.</param>
/// <param name="Language">The language of the whole dataset; null where it has several or none.</param>
internal sealed record CardEntry(string? Split, string? Subset, string? Language);

/// <summary>The card of a folder: the metadata in its README.md, as the hub reads it.</summary>
internal sealed class DatasetCard
{
    public const string FileName = "README.md";
    private const string DefaultConfig = "default";
    // an alias costs a few bytes and stands for as much as its author likes
    private const int MaxConfigs = 1000, MaxPatterns = 10_000;

    private readonly string _folder;
    private readonly OrderedDictionary<string, bool> _notices = [];
    private readonly List<(Regex Pattern, string? Split, string? Subset)> _files = [];
    private readonly string? _language;

    private DatasetCard(string folder, YamlMappingNode card)
    {
        _folder = folder;
        Path = System.IO.Path.Combine(folder, FileName);
        Look(card, "", DatasetCardFields.OfCard);
        _language = Find(card, DatasetCardFields.Language) switch
        {
            YamlScalarNode one => one.Value,
            YamlSequenceNode { Children: [YamlScalarNode only] } => only.Value,
            _ => null,
        };
        var configs = Find(card, DatasetCardFields.Configs);
        if (configs is not (null or YamlSequenceNode))
            throw new InvalidDataException(
                $"{Path}: configs is no list; it must be a list of configs, each with config_name and data_files.");
        var all = (configs as YamlSequenceNode)?.Children ?? [];
        Bound(all.Count, MaxConfigs, DatasetCardFields.Configs);
        foreach (var config in all)
            ReadConfig(Mapping(config, "configs"));
    }

    public string Path { get; }

    /// <summary>A sentence for each field that is not followed.</summary>
    public IReadOnlyList<string> Notices => _notices.Keys;

    /// <returns>Null for a folder without a card.</returns>
    /// <exception cref="InvalidDataException">It has a malformed one, or one that names files elsewhere.</exception>
    public static DatasetCard? Read(string folder)
    {
        var path = System.IO.Path.Combine(folder, FileName);
        return File.Exists(path) && CardYaml.Read(path) is { } card ? new DatasetCard(folder, card) : null;
    }

    public CardEntry Entry(string file)
    {
        var relative = System.IO.Path.GetRelativePath(_folder, file).Replace('\\', '/');
        var (_, split, subset) = _files.FirstOrDefault(f => f.Pattern.IsMatch(relative));
        return new CardEntry(split, subset, _language);
    }

    private void ReadConfig(YamlMappingNode config)
    {
        Look(config, "configs[].", DatasetCardFields.OfConfig);
        var name = Scalar(config, DatasetCardFields.ConfigName);
        var subset = name == DefaultConfig ? null : name;
        var below = Scalar(config, DatasetCardFields.DataDir) is { Length: > 0 } folder ? folder.Trim('/') + "/" : "";
        foreach (var (split, pattern) in Patterns(Find(config, DatasetCardFields.DataFiles)))
        {
            Bound(_files.Count + 1, MaxPatterns, DatasetCardFields.DataFiles);
            _files.Add((Glob(below + pattern), split is null ? null : NameWords.SplitOf(split) ?? split, subset));
        }
    }

    /// <summary>A path, a list of them, or of objects with a split and one or several paths.</summary>
    private IEnumerable<(string? Split, string Pattern)> Patterns(YamlNode? node)
    {
        foreach (var item in Items(node))
        {
            if (item is YamlScalarNode path)
            {
                yield return (null, path.Value ?? "");
                continue;
            }
            var file = Mapping(item, "configs[].data_files");
            Look(file, "configs[].data_files[].", DatasetCardFields.OfDataFile);
            var split = Scalar(file, DatasetCardFields.Split);
            foreach (var one in Items(Find(file, DatasetCardFields.Pattern)))
                yield return (split, Text(one, DatasetCardFields.Pattern) ?? "");
        }
    }

    /// <summary>A list, or one that stands for a list of one. Lists of lists are none: by aliases a few lines of them have no
    /// end.</summary>
    private static IEnumerable<YamlNode> Items(YamlNode? node) => node switch
    {
        null => [],
        YamlSequenceNode list => list.Children,
        _ => [node],
    };

    private Regex Glob(string pattern)
    {
        if (pattern.Contains("://", StringComparison.Ordinal) || pattern.StartsWith('/') || pattern.Split('/').Contains(".."))
            throw new InvalidDataException($"{Path}: data_files names \"{pattern}\"; only files of the folder are read.");
        var regex = new StringBuilder("^");
        for (int i = 0; i < pattern.Length; i++)
        {
            var two = pattern.AsSpan(i).StartsWith("**");
            if (two && pattern.AsSpan(i).StartsWith("**/"))
                (_, i) = (regex.Append("(.*/)?"), i + 2);
            else if (two)
                (_, i) = (regex.Append(".*"), i + 1);
            else
                regex.Append(pattern[i] switch { '*' => "[^/]*", '?' => "[^/]", var c => Regex.Escape(c.ToString()) });
        }
        return new Regex(regex.Append('$').ToString(), RegexOptions.NonBacktracking);
    }

    private void Look(YamlMappingNode node, string where, IReadOnlyDictionary<string, FieldUse> fields)
    {
        foreach (var name in node.Children.Keys.Select(k => (k as YamlScalarNode)?.Value ?? ""))
        {
            if (fields.GetValueOrDefault(name, FieldUse.Ignored) == FieldUse.Ignored)
                _notices.TryAdd($"{Path}: {where}{name} is not followed"
                    + (where == "configs[]." ? "; how a file is written is seen from its content" : ""), true);
        }
    }

    private void Bound(int count, int max, string name)
    {
        if (count > max)
            throw new InvalidDataException($"{Path}: {name} has more than {max} entries, which no dataset needs.");
    }

    private YamlMappingNode Mapping(YamlNode node, string name) => node as YamlMappingNode
        ?? throw new InvalidDataException($"{Path}, line {node.Start.Line + 1} of the metadata: {name} holds a {node.NodeType}; it must "
            + "hold objects.");

    private string? Scalar(YamlMappingNode node, string name) => Text(Find(node, name), name);

    private string? Text(YamlNode? node, string name) => node switch
    {
        null => null,
        YamlScalarNode scalar => scalar.Value,
        var other => throw new InvalidDataException(
            $"{Path}, line {other.Start.Line + 1} of the metadata: {name} is no text; it must be one."),
    };

    private static YamlNode? Find(YamlMappingNode node, string name) =>
        node.Children.FirstOrDefault(c => c.Key is YamlScalarNode key && key.Value == name).Value;
}
