using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace XlLoraOnnx.Evaluation;

/// <summary>The YAML at the beginning of a README.md, between two lines of three hyphens; bounded in size and depth.</summary>
internal static class CardYaml
{
    private const string Fence = "---";
    private const int MaxDepth = 32;

    /// <returns>Null where the file does not begin with YAML.</returns>
    /// <exception cref="InvalidDataException">It begins with YAML, but malformed.</exception>
    public static YamlMappingNode? Read(string path)
    {
        var lines = UntrustedJson.ReadText(path).ReplaceLineEndings("\n").Split('\n');
        var end = lines[0].TrimStart('\uFEFF').TrimEnd() == Fence ? Array.FindIndex(lines, 1, l => l.TrimEnd() == Fence) : -1;
        if (end < 0)
            return null;
        var text = string.Join('\n', lines[1..end]);
        try
        {
            CheckDepth(text, path);
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode as YamlMappingNode
                ?? throw new InvalidDataException($"{path}: the metadata is no mapping of names to values.");
        }
        catch (YamlException e)
        {
            throw new InvalidDataException($"{path}, line {e.Start.Line + 1}: the metadata is not valid YAML: {e.Message}", e);
        }
    }

    /// <summary>Events come one after the other, whereas nodes are built by recursion.</summary>
    private static void CheckDepth(string text, string path)
    {
        var parser = new Parser(new StringReader(text));
        var depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current switch
            {
                MappingStart or SequenceStart => 1,
                MappingEnd or SequenceEnd => -1,
                _ => 0,
            };
            if (depth > MaxDepth)
                throw new InvalidDataException($"{path}: the metadata is nested deeper than {MaxDepth} levels.");
        }
    }
}
