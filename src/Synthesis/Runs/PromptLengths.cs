using System.Text;

namespace XlLoraOnnx.Synthesis;

/// <summary>Which anchors make prompts that are too long for the model; those that surely are not are not tokenized.</summary>
/// <remarks>
/// No text has more tokens than bytes, and what stands around an anchor is taken to need at most twice what the longest of the first
/// prompts needs in all.
/// </remarks>
internal sealed class PromptLengths(RunSource source, SynthesisOptions options)
{
    private const int FirstAnchors = 64;

    private int _seen, _longest;

    /// <summary>Samples that have prompts of their own.</summary>
    private int Questions => options.Strategy is TranslationStrategy translation ? translation.Targets.Count : 1;

    /// <param name="language">Of the row; null where rows have none.</param>
    public bool IsTooLong(string anchor, long occurrence, string? language = null)
    {
        if (_seen >= FirstAnchors && Encoding.UTF8.GetByteCount(anchor) + 2L * _longest < source.ContextLength)
            return false;
        var key = RowKey.Of(anchor, occurrence).In(language);
        var tokens = options.Sides.Max(side => Enumerable.Range(0, Questions).Max(
            sample => source.CountTokens(AnswerRequest.For(options, key, side, sample, attempt: 0, anchor, language)) ?? 0));
        if (_seen++ < FirstAnchors)
            _longest = Math.Max(_longest, tokens);
        return tokens >= source.ContextLength;
    }
}
