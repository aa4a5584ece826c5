using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Training;

/// <summary>What a model is told before the answer that it is to learn, and the columns that both are made of.</summary>
/// <remarks>The prompts are those of XL-LoRA's lora_training.py byte for byte, spaces included; they lie as text files.</remarks>
internal sealed partial class TrainingPrompt
{
    private const string Folder = "Prompts/";
    private const string Extension = ".txt";
    private const string Anchor = "sent0";

    private static readonly (string Name, string Question, string Answer)[] OfLanguages =
        [("xllora-completion-v1", "prompt", "completion"), ("xllora-language-v1", "inputs", "targets")];

    /// <summary>Text and what is to be filled in, in turn; a text first and last.</summary>
    private readonly string[] _parts;

    private TrainingPrompt(string name, string question, string answer, bool isOfLanguage)
    {
        (Name, QuestionColumn, AnswerColumn, IsOfLanguage) = (name, question, answer, isOfLanguage);
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + name + Extension)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        Text = reader.ReadToEnd();
        _parts = Placeholder().Split(Text);
    }

    /// <summary>e.g. <c>xllora-train-v1.positive</c>.</summary>
    public string Name { get; }

    /// <summary>As it is in the file.</summary>
    public string Text { get; }

    /// <summary>What is filled in.</summary>
    public string QuestionColumn { get; }

    /// <summary>What is to be learned.</summary>
    public string AnswerColumn { get; }

    /// <summary>Whether it makes an adapter of a language, which learns whole conversations.</summary>
    public bool IsOfLanguage { get; }

    /// <summary>By the columns that there are.</summary>
    /// <param name="side">Null for data that has no sides.</param>
    /// <param name="set">Of the prompts around <c>sent0</c>.</param>
    /// <param name="where">File, for messages.</param>
    /// <exception cref="ArgumentException">There is no such set; there is a side too many, or none.</exception>
    /// <exception cref="InvalidDataException">There are other columns.</exception>
    public static TrainingPrompt Find(IReadOnlyCollection<string> columns, AdapterSide? side, string set, string where)
    {
        if (side is { } chosen)
            return columns.Contains(Anchor) && columns.Contains(AnswerOf(chosen)) ? OfSide(chosen, set) : throw Wrong(
                $"{Anchor} and {AnswerOf(chosen)}, as the side is {Word(chosen)}; without a side also {Languages}");
        foreach (var (name, question, answer) in OfLanguages)
        {
            if (columns.Contains(question) && columns.Contains(answer))
                return new TrainingPrompt(name, question, answer, isOfLanguage: true);
        }
        var sides = Enum.GetValues<AdapterSide>().Where(s => columns.Contains(Anchor) && columns.Contains(AnswerOf(s))).ToArray();
        return sides.Length == 0
            ? throw Wrong($"{Languages}; or, with a side, sent0 and sent1 (positive) or sent0 and hard_neg (negative)")
            : throw new ArgumentException($"{where} has {Anchor} and {string.Join(" and ", sides.Select(AnswerOf))}; which side the "
                + $"adapter is for must be said: {string.Join(" or ", sides.Select(Word))}.", nameof(side));

        InvalidDataException Wrong(string allowed) => new(
            $"{where} has the columns {string.Join(", ", columns.Select(c => $"\"{c}\""))}. Needed are {allowed}.");
    }

    /// <summary>Fills in all in one pass: a text that holds <c>{language}</c> stays as it is.</summary>
    public string Fill(string language, string question)
    {
        var filled = (string[])_parts.Clone();
        for (var i = 1; i < filled.Length; i += 2)
            filled[i] = filled[i] == "{language}" ? language : question;
        return string.Concat(filled);
    }

    private static string Languages => string.Join(" or ", OfLanguages.Select(l => $"{l.Question} and {l.Answer}"));

    private static TrainingPrompt OfSide(AdapterSide side, string set)
    {
        var sets = Sets(side);
        return sets.Contains(set) ? new TrainingPrompt($"{set}.{Word(side)}", Anchor, AnswerOf(side), isOfLanguage: false)
            : throw new ArgumentException($"There is no prompt set \"{set}\"; there are: {string.Join(", ", sets)}.", nameof(set));
    }

    private static string[] Sets(AdapterSide side)
    {
        var ending = $".{Word(side)}{Extension}";
        return [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(n => n.StartsWith(Folder, StringComparison.Ordinal) && n.EndsWith(ending, StringComparison.Ordinal))
            .Select(n => n[Folder.Length..^ending.Length]).Order(StringComparer.Ordinal)];
    }

    private static string AnswerOf(AdapterSide side) => side == AdapterSide.Positive ? "sent1" : "hard_neg";

    private static string Word(AdapterSide side) => side == AdapterSide.Positive ? "positive" : "negative";

    [GeneratedRegex(@"(\{language\}|\{premise\}|\{prompt\}|\{text_chunk\})")]
    private static partial Regex Placeholder();
}
