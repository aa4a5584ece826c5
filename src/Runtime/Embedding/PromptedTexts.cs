using System.Collections;

namespace XlLoraOnnx.Runtime;

/// <summary>Texts with the same prompt before each, joined when they are read.</summary>
internal sealed class PromptedTexts : IReadOnlyList<string>
{
    private readonly IReadOnlyList<string> _texts;
    private readonly string _prompt;

    private PromptedTexts(IReadOnlyList<string> texts, string prompt) => (_texts, _prompt) = (texts, prompt);

    public int Count => _texts.Count;

    /// <remarks>A text that is null stays so, for whoever refuses it.</remarks>
    public string this[int index] => _texts[index] is { } text ? _prompt + text : null!;

    public static IReadOnlyList<string> Of(IReadOnlyList<string> texts, string prompt) =>
        prompt.Length == 0 ? texts : new PromptedTexts(texts, prompt);

    public IEnumerator<string> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
