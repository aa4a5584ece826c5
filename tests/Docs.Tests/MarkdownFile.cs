using System.Text;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Docs.Tests;

/// <param name="Language">What stands after the backticks; empty where nothing does.</param>
/// <param name="Line">Of the opening fence, from 1.</param>
internal sealed record MarkdownBlock(string File, int Line, string Language, string Text)
{
    public string Where => $"{File}, line {Line}";
}

/// <param name="Target">As it is written: a path, an address, an anchor.</param>
internal sealed record MarkdownLink(int Line, string Target);

/// <summary>A markdown file as blocks of code, links and headings.</summary>
internal sealed partial class MarkdownFile
{
    private const string Fence = "```";

    private readonly List<MarkdownBlock> _blocks = [];
    private readonly List<MarkdownLink> _links = [];
    private readonly HashSet<string> _anchors = new(StringComparer.Ordinal);

    /// <param name="name">Relative to the repository, with '/'.</param>
    /// <exception cref="InvalidDataException">A block is not closed.</exception>
    public MarkdownFile(string name, string text)
    {
        Name = name;
        Text = text;
        StringBuilder? code = null;
        var (language, start) = ("", 0);
        foreach (var (index, line) in text.ReplaceLineEndings("\n").Split('\n').Index())
        {
            var isFence = line.TrimStart().StartsWith(Fence, StringComparison.Ordinal);
            if (isFence && code is null)
                (code, language, start) = (new StringBuilder(), line.TrimStart()[Fence.Length..].Trim(), index + 1);
            else if (isFence)
            {
                _blocks.Add(new MarkdownBlock(name, start, language, code!.ToString()));
                code = null;
            }
            else if (code is not null)
                code.Append(line).Append('\n');
            else
                AddProse(line, index + 1);
        }
        if (code is not null)
            throw new InvalidDataException($"{name}, line {start}: the block is not closed.");
    }

    public string Name { get; }

    public string Text { get; }

    public IReadOnlyList<MarkdownBlock> Blocks => _blocks;

    public IReadOnlyList<MarkdownLink> Links => _links;

    /// <summary>What a link may name after '#'.</summary>
    public IReadOnlySet<string> Anchors => _anchors;

    private void AddProse(string line, int number)
    {
        if (Heading().Match(line) is { Success: true } heading)
            _anchors.Add(Slug(heading.Groups[1].Value));
        foreach (Match link in Link().Matches(InlineCode().Replace(line, "")))
            _links.Add(new MarkdownLink(number, link.Groups[1].Value));
    }

    /// <summary>As GitHub makes anchors of headings: letters, digits and hyphens in lower case.</summary>
    private static string Slug(string heading) => string.Concat(heading.Trim().ToLowerInvariant()
        .Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex("^#+ (.*)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex InlineCode();
}
