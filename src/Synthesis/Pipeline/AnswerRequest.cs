namespace XlLoraOnnx.Synthesis;

/// <summary>What is asked of the generator for one sentence: a function of the options and of the row alone.</summary>
internal static class AnswerRequest
{
    public static GenerationRequest For(SynthesisOptions options, RowKey key, SynthesisSide side, int sample, int attempt,
        string anchor)
    {
        if (options.Strategy is TranslationStrategy translation)
            return translation.Request(options, key, sample, attempt, anchor);
        var id = key.RequestId(side, sample);
        return new GenerationRequest
        {
            RowId = id,
            RandomStream = id,
            UserMessage = Prompt(options, key, side, sample, anchor),
            Adapter = options.Adapter(side, anchor),
            Sampling = options.Sampling,
            MaxNewTokens = options.MaxNewTokens,
            Attempt = attempt,
            DoubleBos = options.DoubleBos,
        };
    }

    public static string Prompt(SynthesisOptions options, RowKey key, SynthesisSide side, int sample, string anchor) =>
        options.Strategy.Prompt(side, anchor, options.Language, new PromptRandom(options.Sampling?.Seed ?? 0, key.RequestId(side, sample)));
}
