using System.Text.RegularExpressions;

namespace XlLoraOnnx.Runtime;

/// <summary>What a model without an encoder is told to translate: data, as its adapter was trained with it.</summary>
/// <param name="Kind">As whose words it comes.</param>
/// <param name="Template">
/// With <c>{text}</c>, and where wanted <c>{source}</c>, <c>{target}</c> (codes), <c>{source_language}</c>, <c>{target_language}</c>
/// (names).
/// </param>
public sealed partial record TranslationPrompt(TranslationPromptKind Kind, string Template)
{
    private const string Text = "{text}";

    /// <summary>Every placeholder there is.</summary>
    public static IReadOnlyList<string> Placeholders { get; } =
        [Text, "{source}", "{target}", "{source_language}", "{target_language}"];

    /// <summary>The template with everything in its place, in one pass: a text that holds <c>{target}</c> stays as it is.</summary>
    internal string Fill(LanguagePair pair, string text, Func<string, string> nameOf) =>
        Placeholder().Replace(Template, match => match.Value switch
        {
            Text => text,
            "{source}" => pair.Source,
            "{target}" => pair.Target,
            "{source_language}" => nameOf(pair.Source),
            "{target_language}" => nameOf(pair.Target),
            var other => other,
        });

    /// <summary>Why nothing can be translated with it; null if it can.</summary>
    internal string? WhatIsWrong()
    {
        if (!Enum.IsDefined(Kind))
            return $"The kind {Kind} is none; there are {string.Join(", ", Enum.GetNames<TranslationPromptKind>())}.";
        if (!Template.Contains(Text, StringComparison.Ordinal))
            return $"The template \"{Shortened.Of(Template)}\" has no {Text}, so the model would not see what it is to translate.";
        var foreign = Placeholder().Matches(Template).Select(m => m.Value).FirstOrDefault(p => !Placeholders.Contains(p));
        return foreign is null ? null
            : $"The template has {foreign}, which is no placeholder; there are {string.Join(", ", Placeholders)}.";
    }

    [GeneratedRegex(@"\{[a-z_]+\}")]
    private static partial Regex Placeholder();
}

/// <summary>As whose words a prompt comes to the model.</summary>
public enum TranslationPromptKind
{
    /// <summary>What a user says, in the model's chat template.</summary>
    Chat,

    /// <summary>A text that the model goes on with, as base models do.</summary>
    Text,
}
