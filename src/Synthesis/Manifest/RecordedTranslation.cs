using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>A <see cref="TranslationStrategy"/> as it stands in run.json.</summary>
/// <param name="Targets">In the order of their columns.</param>
/// <param name="Pairs">The table, as <see cref="TranslationPairs.ToJson"/> writes it.</param>
/// <param name="KeepUnfinished">Whether translations are kept that had not ended.</param>
/// <param name="Search">How the model looks for a translation.</param>
internal sealed record RecordedTranslation(
    string Source, IReadOnlyList<string> Targets, JsonElement Pairs, bool KeepUnfinished, string Search)
{
    public static RecordedTranslation Of(TranslationStrategy strategy)
    {
        using var pairs = JsonDocument.Parse(strategy.Pairs.ToJson());
        return new RecordedTranslation(
            strategy.Source, strategy.Targets, pairs.RootElement.Clone(), strategy.KeepsUnfinished, strategy.Search);
    }

    public TranslationStrategy ToStrategy() => new(
        TranslationPairs.Parse(Pairs.GetRawText(), "run.json"), Source, Targets, maxNewTokens: null, KeepUnfinished, Search);
}
