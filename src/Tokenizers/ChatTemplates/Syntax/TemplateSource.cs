namespace XlLoraOnnx.Tokenizers;

/// <summary>The text of a template as Jinja reads it, and errors that say where in it.</summary>
internal sealed class TemplateSource
{
    /// <param name="name">For messages: the file, and the field within it.</param>
    public TemplateSource(string text, string name)
    {
        Name = name;
        // jinja2/lexer.py: every line break is \n, and one at the very end is dropped
        var unified = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        Text = unified.EndsWith('\n') ? unified[..^1] : unified;
    }

    public string Name { get; }

    public string Text { get; }

    /// <summary>The template is malformed, or cannot be run on this data.</summary>
    public InvalidDataException Invalid(int at, string what, Exception? inner = null) => new($"{Place(at)}: {what}.", inner);

    /// <summary>The template may be right, but this interpreter does not run it.</summary>
    public NotSupportedException Unsupported(int at, string what) => new($"{Place(at)}: {what}.");

    /// <summary>A piece of the template or of its data for a message: short, on one line.</summary>
    public static string Shown(string text)
    {
        const int MaxShown = 60;
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= MaxShown ? line : line[..MaxShown] + "…";
    }

    private string Place(int at)
    {
        var before = Text.AsSpan(0, Math.Clamp(at, 0, Text.Length));
        var line = before.Count('\n') + 1;
        var column = before.Length - (before.LastIndexOf('\n') + 1) + 1;
        return $"Chat template {Name}, line {line}, column {column}";
    }
}
