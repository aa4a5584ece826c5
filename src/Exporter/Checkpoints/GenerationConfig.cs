
namespace XlLoraOnnx.Exporter;

/// <summary>
/// generation_config.json: stop tokens and sampling. Token ids fall back to config.json (outer object, then text_config), and then to those
/// of the model's config class; a missing sampling field is Hugging Face's default.
/// </summary>
internal sealed record GenerationConfig
{
    private const string FileName = "generation_config.json";

    public required int BosTokenId { get; init; }
    public required IReadOnlyList<int> EosTokenIds { get; init; }
    public required int PadTokenId { get; init; }
    public required SamplingFacts Sampling { get; init; }
    /// <summary>What the file asks for and the runtime does not do, each with its value.</summary>
    public required IReadOnlyList<string> Ignored { get; init; }
    /// <summary>Ids that no file says and the config class has, each with its name; empty for none.</summary>
    public required IReadOnlyList<string> Assumed { get; init; }

    /// <param name="defaults">Of the model's config class; null for none.</param>
    public static GenerationConfig Read(string folder, ConfigReader config, int vocabSize, TokenDefaults? defaults = null)
    {
        var path = Path.Combine(folder, FileName);
        return Read(File.Exists(path) ? ConfigReader.Open(path) : null, config, vocabSize, defaults);
    }

    /// <param name="generation">Null where there is no such file.</param>
    public static GenerationConfig Read(ConfigReader? generation, ConfigReader config, int vocabSize, TokenDefaults? defaults = null)
    {
        ConfigReader[] sources = [.. new[] { generation, config, config.OptionalObject("text_config") }.OfType<ConfigReader>()];
        var assumed = new List<string>();
        var eos = Ids("eos_token_id", sources, config, defaults?.EosTokenId, assumed);
        var bos = Ids("bos_token_id", sources, config, defaults?.BosTokenId, assumed);
        var pad = PadIds(sources) ?? Assume("pad_token_id", sources, defaults?.PadTokenId, assumed) ?? eos;
        return new GenerationConfig
        {
            BosTokenId = Valid("bos_token_id", bos, vocabSize, config)[0],
            EosTokenIds = [.. Valid("eos_token_id", eos, vocabSize, config).Distinct()],
            PadTokenId = Valid("pad_token_id", pad, vocabSize, config)[0],
            Sampling = ReadSampling(generation),
            Ignored = generation is null ? [] : GenerationSettings.Ignored(generation),
            Assumed = assumed,
        };
    }

    private static IReadOnlyList<int> Ids(
        string name, ConfigReader[] sources, ConfigReader config, int? fallback, List<string> assumed) =>
        sources.Select(s => s.Ints(name)).FirstOrDefault(ids => ids.Count > 0)
            ?? Assume(name, sources, fallback, assumed)
            ?? throw new InvalidDataException($"Neither {FileName} nor '{config.Path}' has {name}, which generation needs.");

    // a null that is written stands for none; only an absent field takes the default of its class
    private static IReadOnlyList<int>? Assume(string name, ConfigReader[] sources, int? fallback, List<string> assumed)
    {
        if (fallback is not { } id || sources.Any(s => s.Names.Contains(name)))
            return null;
        assumed.Add($"{name} {id}");
        return [id];
    }

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
        MinP = (float)(generation is null ? 0 : MinP(generation)),
        RepetitionPenalty = (float)(generation?.Number("repetition_penalty", 1) ?? 1),
    };

    private static double MinP(ConfigReader generation) => generation.Number("min_p", 0) is >= 0 and <= 1 and var share
        ? share
        : throw new InvalidDataException($"{generation.Describe("min_p")}, expected a number from 0 (off) to 1.");
}

/// <summary>Token ids that a config class of transformers has where its file says nothing.</summary>
/// <param name="Class">Its name.</param>
/// <param name="PadTokenId">Null for none.</param>
internal sealed record TokenDefaults(string Class, int BosTokenId, int EosTokenId, int? PadTokenId);
