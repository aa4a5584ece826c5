using System.Collections.Concurrent;

namespace XlLoraOnnx.Synthesis;

/// <summary>The filter of each row: rows of several languages have answers in several.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LanguageFilters(SynthesisOptions options)
{
    private readonly ConcurrentDictionary<string, AnswerFilter> _filters = new(StringComparer.Ordinal);

    /// <param name="language">Of the row, where the input has one for each; else null.</param>
    public AnswerFilter Of(string? language) =>
        _filters.GetOrAdd(options.AnswerLanguage(language) ?? "", name => new AnswerFilter(options.Filters with { AnswerLanguage = name }));
}
