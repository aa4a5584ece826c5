namespace XlLoraOnnx.Synthesis;

/// <summary>What the model is told for an anchor, and with which adapter. One object serves all rows, on several threads at once.</summary>
public interface ISynthesisStrategy
{
    /// <summary>As it is written into receipts: <c>xllora-gen-v1</c>.</summary>
    string Name { get; }

    /// <summary>The templates by file name, word for word; they are published with the data.</summary>
    IReadOnlyDictionary<string, string> Templates { get; }

    /// <summary>Everything else that the prompts depend on, by name; a run that was begun with other values is not continued.</summary>
    IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>The message of the user for one side of one row. The same arguments give the same message, always.</summary>
    /// <param name="side">The sentence that is asked for.</param>
    /// <param name="anchor">As it was read.</param>
    /// <param name="language">Of the row, as the input has it, or <see cref="SynthesisOptions.Language"/>: the English name of the
    /// language of the answer, unless <see cref="AnswerLanguage"/> says otherwise.</param>
    /// <param name="random">The row's own random numbers.</param>
    string Prompt(SynthesisSide side, string anchor, string language, PromptRandom random);

    /// <summary>Every adapter that <see cref="Adapter"/> may choose for a side, without repetition; null among them is the base
    /// model.</summary>
    /// <param name="side">The sentence that is asked for.</param>
    /// <param name="named">What the options name for it; null for the base model.</param>
    /// <returns>At least one. That all of them are there is checked before the first row, and a run with others is not continued.</returns>
    IReadOnlyList<string?> Adapters(SynthesisSide side, string? named) => [named];

    /// <summary>The adapter that writes one side of one row, of <see cref="Adapters"/>. The same arguments give the same one,
    /// always.</summary>
    /// <param name="side">The sentence that is asked for.</param>
    /// <param name="anchor">As it was read.</param>
    /// <param name="language">As for <see cref="Prompt"/>.</param>
    /// <param name="named">What the options name for this side; null for the base model.</param>
    /// <returns>Null for the base model. Receipts have what was chosen.</returns>
    string? Adapter(SynthesisSide side, string anchor, string language, string? named) => named;

    /// <summary>The languages that rows may have; a run with another one is refused before its first row. Null for any.</summary>
    IReadOnlyCollection<string>? Languages => null;

    /// <summary>English name of the language that the answers to rows of a language are in; filters check it.</summary>
    /// <param name="language">As for <see cref="Prompt"/>.</param>
    string AnswerLanguage(string language) => language;
}
