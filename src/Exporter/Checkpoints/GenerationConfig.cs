
namespace XlLoraOnnx.Exporter;

/// <summary>
/// generation_config.json: stop tokens and sampling. Token ids fall back to config.json (outer object, then text_config); a missing
/// sampling field is Hugging Face's default.
/// </summary>
internal sealed record GenerationConfig
{
    public required int BosTokenId { get; init; }
    public required IReadOnlyList<int> EosTokenIds { get; init; }
    public required int PadTokenId { get; init; }
    public required SamplingFacts Sampling { get; init; }

    public static GenerationConfig Read(string folder, ConfigReader config, int vocabSize)
    {
        var path = Path.Combine(folder, "generation_config.json");
        return Read(File.Exists(path) ? ConfigReader.Open(path) : null, config, vocabSize);
    }

    /// <param name="generation">Null where there is no such file.</param>
    public static GenerationConfig Read(ConfigReader? generation, ConfigReader config, int vocabSize)
    {
        ConfigReader[] sources = [.. new[] { generation, config, config.OptionalObject("text_config") }.OfType<ConfigReader>()];
        var eos = Ids("eos_token_id", sources, config);
        return new GenerationConfig
        {
            BosTokenId = Valid("bos_token_id", Ids("bos_token_id", sources, config), vocabSize, config)[0],
            EosTokenIds = [.. Valid("eos_token_id", eos, vocabSize, config).Distinct()],
            PadTokenId = Valid("pad_token_id", PadIds(sources) ?? eos, vocabSize, config)[0],
            Sampling = ReadSampling(generation),
        };
    }

    private static IReadOnlyList<int> Ids(string name, ConfigReader[] sources, ConfigReader config) =>
        sources.Select(s => s.Ints(name)).FirstOrDefault(ids => ids.Count > 0)
            ?? throw new InvalidDataException($"Neither generation_config.json nor '{config.Path}' has {name}, which generation needs.");

    // Llama has none, which some of its configs write as -1; ONNX Runtime GenAI needs one and masks what ends a row in it
    private static IReadOnlyList<int>? PadIds(ConfigReader[] sources) =>
        sources.Select(s => s.Ints("pad_token_id")).FirstOrDefault(ids => ids.Count > 0 && ids[0] != -1);

    private static IReadOnlyList<int> Valid(string name, IReadOnlyList<int> ids, int vocabSize, ConfigReader config)
    {
        foreach (var id in ids)
        {
            if (id < 0 || id >= vocabSize)
                throw new InvalidDataException(
                    $"{name} {id} of '{config.Path}' or its generation_config.json lies outside 0 to {vocabSize - 1}.");
        }
        return ids;
    }

    private static SamplingFacts ReadSampling(ConfigReader? generation) => new()
    {
        DoSample = generation?.Bool("do_sample", false) ?? false,
        Temperature = (float)(generation?.Number("temperature", 1) ?? 1),
        TopK = generation?.Int("top_k", 50) ?? 50,
        TopP = (float)(generation?.Number("top_p", 1) ?? 1),
        RepetitionPenalty = (float)(generation?.Number("repetition_penalty", 1) ?? 1),
    };
}
