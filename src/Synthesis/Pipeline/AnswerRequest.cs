namespace XlLoraOnnx.Synthesis;

/// <summary>What is asked of the generator for one sentence: a function of the options and of the row alone.</summary>
internal static class AnswerRequest
{
    /// <param name="language">Of the row, where the input has one for each; else null.</param>
    public static GenerationRequest For(SynthesisOptions options, RowKey key, SynthesisSide side, int sample, int attempt,
        string anchor, string? language = null) => options.Strategy is TranslationStrategy translation
        ? translation.Request(options, key, sample, attempt, anchor)
        : new GenerationRequest
        {
            RowId = key.RequestId(side, sample),
            RandomStream = Stream(key, side, sample, language),
            UserMessage = Prompt(options, key, side, sample, anchor, language),
            Adapter = options.Adapter(side, anchor, language),
            Sampling = options.Sampling,
            MaxNewTokens = options.MaxNewTokens,
            Attempt = attempt,
            DoubleBos = options.DoubleBos,
        };

    public static string Prompt(SynthesisOptions options, RowKey key, SynthesisSide side, int sample, string anchor,
        string? language = null) => options.Strategy.Prompt(side, anchor, language ?? options.Language,
            new PromptRandom(options.Sampling?.Seed ?? 0, Stream(key, side, sample, language)));

    /// <summary>Which random numbers an answer draws: those of its anchor, whatever its language.</summary>
    public static long Stream(RowKey key, SynthesisSide side, int sample, string? language) => key.In(language).RequestId(side, sample);
}
