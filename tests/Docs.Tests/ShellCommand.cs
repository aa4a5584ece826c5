using System.Text;

namespace XlLoraOnnx.Docs.Tests;

/// <summary>One command of a block of shell commands.</summary>
/// <param name="Text">As it is written, lines that are continued joined.</param>
/// <param name="Words">Of the program that matters: the last one of a pipe.</param>
/// <param name="Input">What is piped into it by <c>cat FILE</c> or <c>echo TEXT</c>; null for nothing.</param>
/// <param name="OutputFile">Where standard output goes; null for nowhere else.</param>
internal sealed record ShellCommand(
    string Where, string Text, IReadOnlyList<string> Words, IReadOnlyList<string>? Input, string? OutputFile)
{
    /// <summary>What the documentation uses of the shell: words, quotes, comments, continued lines, a pipe, a redirection.</summary>
    /// <exception cref="InvalidDataException">Something else.</exception>
    public static IEnumerable<ShellCommand> Parse(MarkdownBlock block)
    {
        var number = block.Line;
        var text = "";
        foreach (var line in block.Text.Split('\n'))
        {
            number++;
            if (line.EndsWith('\\'))
            {
                text += line[..^1].TrimEnd() + " ";
                continue;
            }
            text += line.TrimStart();
            if (text.Length > 0 && text[0] != '#')
                yield return ParseOne($"{block.File}, line {number - 1}", text);
            text = "";
        }
    }

    private static ShellCommand ParseOne(string where, string text)
    {
        var tokens = Split(where, text);
        string? output = null;
        if (tokens.Count >= 2 && tokens[^2] is (">", false))
        {
            output = tokens[^1].Word;
            tokens = tokens[..^2];
        }
        IReadOnlyList<string>? input = null;
        var pipe = tokens.IndexOf(("|", false));
        if (pipe >= 0)
        {
            input = [.. tokens[..pipe].Select(t => t.Word)];
            tokens = tokens[(pipe + 1)..];
        }
        if (tokens.Count == 0 || tokens.Any(t => t is (">" or "<" or "|" or "&&" or "||" or ";", false)))
            throw new InvalidDataException($"{where}: '{text}' is more shell than the documentation may use.");
        return new ShellCommand(where, text, [.. tokens.Select(t => t.Word)], input, output);
    }

    private static List<(string Word, bool Quoted)> Split(string where, string text)
    {
        var words = new List<(string, bool)>();
        var word = new StringBuilder();
        var (quote, quoted) = ('\0', false);
        foreach (var c in text + " ")
        {
            if (quote != '\0' && c != quote)
                word.Append(c);
            else if (quote != '\0')
                quote = '\0';
            else if (c is '\'' or '"')
                (quote, quoted) = (c, true);
            else if (c != ' ')
                word.Append(c);
            else if (word.Length > 0 || quoted)
            {
                words.Add((word.ToString(), quoted));
                word.Clear();
                quoted = false;
            }
        }
        return quote == '\0' ? words : throw new InvalidDataException($"{where}: a quote is not closed in '{text}'.");
    }
}
