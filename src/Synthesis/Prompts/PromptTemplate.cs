using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Synthesis;

/// <summary>A prompt from <c>Synthesis/Prompts</c>, with <c>{language}</c>, <c>{premise}</c> and others to be filled in.</summary>
/// <remarks>
/// <c>xllora-gen-v1</c> is what the published data sets were generated with, <c>xllora-train-v1</c> what the adapters were trained on;
/// both byte for byte, spaces included.
/// </remarks>
internal sealed partial class PromptTemplate
{
    private const string Folder = "Prompts/";
    private const string InContextFolder = "InContextPrompts/";

    /// <summary>Text and what is to be filled in, in turn; a text first and last.</summary>
    private readonly string[] _parts;

    private PromptTemplate(string text) => (Text, _parts) = (text, Placeholder().Split(text));

    /// <summary>Names of the prompt sets there are, sorted.</summary>
    public static IReadOnlyList<string> Sets { get; } = SetsIn(Folder);

    /// <summary>Names of those that take examples.</summary>
    public static IReadOnlyList<string> InContextSets { get; } = SetsIn(InContextFolder);

    /// <summary>As it is in the file.</summary>
    public string Text { get; }

    public static PromptTemplate Positive(string set) => Load(set, SynthesisSide.Positive);

    public static PromptTemplate Negative(string set) => Load(set, SynthesisSide.Negative);

    public static PromptTemplate Load(string set, SynthesisSide side) => Load(Folder, Sets, set, Name(side));

    /// <summary>The prompt around the examples, <c>{examples}</c>.</summary>
    public static PromptTemplate InContext(string set, SynthesisSide side) => Load(InContextFolder, InContextSets, set, Name(side));

    /// <summary>One of the examples, with <c>{answer}</c>.</summary>
    public static PromptTemplate Example(string set, SynthesisSide side) =>
        Load(InContextFolder, InContextSets, set, $"{Name(side)}.example");

    /// <summary>Fills in all in one pass: an anchor that holds <c>{language}</c> or <c>{premise}</c> stays as it is.</summary>
    public string Fill(string language, string premise, string examples = "", string answer = "")
    {
        var filled = (string[])_parts.Clone();
        for (var i = 1; i < filled.Length; i += 2)
            filled[i] = filled[i] switch
            {
                "{language}" => language,
                "{examples}" => examples,
                "{answer}" => answer,
                _ => premise,
            };
        return string.Concat(filled);
    }

    private static string Name(SynthesisSide side) => side == SynthesisSide.Positive ? "positive" : "negative";

    private static IReadOnlyList<string> SetsIn(string folder) =>
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(n => n.StartsWith(folder, StringComparison.Ordinal))
            .Select(n => n[folder.Length..n.IndexOf('.', folder.Length)])
            .Distinct().Order(StringComparer.Ordinal),
    ];

    private static PromptTemplate Load(string folder, IReadOnlyList<string> sets, string set, string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{folder}{set}.{name}.txt")
            ?? throw new ArgumentException($"There is no prompt set \"{set}\"; there are: {string.Join(", ", sets)}.", nameof(set));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new PromptTemplate(reader.ReadToEnd());
    }

    [GeneratedRegex(@"(\{language\}|\{premise\}|\{examples\}|\{answer\})")]
    private static partial Regex Placeholder();
}
