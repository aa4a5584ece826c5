using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Runtime;

/// <summary>A prompt from <c>Synthesis/Prompts</c>, with <c>{language}</c> and <c>{premise}</c> to be filled in.</summary>
/// <remarks>
/// <c>xllora-gen-v1</c> is what the published data sets were generated with, <c>xllora-train-v1</c> what the adapters were trained on;
/// both byte for byte, spaces included.
/// </remarks>
internal sealed partial class PromptTemplate
{
    private const string Folder = "Prompts/";

    private readonly string _text;

    private PromptTemplate(string text) => _text = text;

    /// <summary>Names of the prompt sets there are, sorted.</summary>
    public static IReadOnlyList<string> Sets { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(n => n.StartsWith(Folder, StringComparison.Ordinal))
            .Select(n => n[Folder.Length..n.IndexOf('.', Folder.Length)])
            .Distinct().Order(StringComparer.Ordinal),
    ];

    public static PromptTemplate Positive(string set) => Load(set, "positive");

    public static PromptTemplate Negative(string set) => Load(set, "negative");

    /// <summary>Fills in both in one pass: an anchor that holds <c>{language}</c> or <c>{premise}</c> stays as it is.</summary>
    public string Fill(string language, string premise) =>
        Placeholder().Replace(_text, m => m.ValueSpan is "{language}" ? language : premise);

    private static PromptTemplate Load(string set, string polarity)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{Folder}{set}.{polarity}.txt")
            ?? throw new ArgumentException($"There is no prompt set \"{set}\"; there are: {string.Join(", ", Sets)}.", nameof(set));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new PromptTemplate(reader.ReadToEnd());
    }

    [GeneratedRegex(@"\{language\}|\{premise\}")]
    private static partial Regex Placeholder();
}
