using System.Text.Json;
using System.Text.Json.Serialization;

namespace XlLoraOnnx.Synthesis;

/// <summary>A <see cref="TranslationStrategy"/> as it stands in run.json.</summary>
/// <param name="Targets">In the order of their columns.</param>
/// <param name="Pairs">The table, as <see cref="TranslationPairs.ToJson"/> writes it.</param>
/// <param name="KeepUnfinished">Whether translations are kept that had not ended.</param>
/// <param name="Search">How the model looks for a translation.</param>
/// <param name="Adapters">Those that are not in the model folder; null where all are.</param>
internal sealed record RecordedTranslation(
    string Source, IReadOnlyList<string> Targets, JsonElement Pairs, bool KeepUnfinished, string Search,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RecordedAdapters? Adapters = null)
{
    /// <param name="recorded">How a path is written.</param>
    public static RecordedTranslation Of(TranslationStrategy strategy, Func<string, string> recorded)
    {
        using var pairs = JsonDocument.Parse(strategy.Pairs.ToJson());
        return new RecordedTranslation(
            strategy.Source, strategy.Targets, pairs.RootElement.Clone(), strategy.KeepsUnfinished, strategy.Search,
            strategy.AddedAdapters is { } added ? RecordedAdapters.Of(added, recorded) : null);
    }

    /// <param name="runFolder">Full path of the folder, where it is now.</param>
    public TranslationStrategy ToStrategy(string runFolder) => new(
        TranslationPairs.Parse(Pairs.GetRawText(), "run.json"), Source, Targets, maxNewTokens: null, KeepUnfinished, Search)
    {
        AddedAdapters = Adapters?.ToAdapters(runFolder),
    };
}

/// <summary><see cref="TranslationAdapters"/> as they stand in run.json.</summary>
/// <param name="Cache">Folder with the exported adapters, as <see cref="RecordedPath"/> has it.</param>
/// <param name="Files">Name of an adapter → its file in the cache.</param>
/// <param name="Folders">Name of an adapter → its PEFT folder.</param>
internal sealed record RecordedAdapters(
    string Cache, SortedDictionary<string, string> Files, SortedDictionary<string, string> Folders)
{
    public static RecordedAdapters Of(TranslationAdapters adapters, Func<string, string> recorded) => new(
        recorded(adapters.Cache), new SortedDictionary<string, string>(adapters.Files.ToDictionary(), StringComparer.Ordinal),
        new SortedDictionary<string, string>(adapters.Folders.ToDictionary(f => f.Key, f => recorded(f.Value)), StringComparer.Ordinal));

    public TranslationAdapters ToAdapters(string runFolder) => new()
    {
        Cache = RecordedPath.Full(Cache, runFolder),
        Files = Files,
        Folders = Folders.ToDictionary(f => f.Key, f => RecordedPath.Full(f.Value, runFolder)),
    };
}
