using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// The files that sentence-transformers puts beside a checkpoint: <c>modules.json</c>, the pooling's own config, and what is done to a text
/// before it is tokenised (sentence_transformers, models/Pooling.py and models/Transformer.py).
/// </summary>
internal sealed record SentenceTransformersFolder
{
    public const string Modules = "modules.json";
    private const string Settings = "config_sentence_transformers.json";
    private const string Remedy = "Export a copy of the folder without modules.json to have the encoder alone, pooled as --pooling says";

    private static readonly string[] TransformerConfigs =
        ["sentence_bert_config.json", "sentence_roberta_config.json", "sentence_xlm-roberta_config.json"];

    private static readonly Dictionary<string, EmbeddingPooling> Modes = new()
    {
        ["cls_token"] = EmbeddingPooling.Cls,
        ["mean_tokens"] = EmbeddingPooling.Mean,
        ["max_tokens"] = EmbeddingPooling.Max,
        ["lasttoken"] = EmbeddingPooling.Last,
    };

    /// <summary>Null where the modules do not pool.</summary>
    public EmbeddingPooling? Pooling { get; private init; }
    public bool Normalize { get; private init; }
    public int? MaxSequenceLength { get; private init; }
    public bool DoLowerCase { get; private init; }
    public string? Prompt { get; private init; }

    /// <summary>Null for a folder without <c>modules.json</c>.</summary>
    /// <exception cref="NotSupportedException">It has modules, or ways to pool, that the graphs cannot do; with all of them.</exception>
    public static SentenceTransformersFolder? Read(string folder)
    {
        var path = Path.Combine(folder, Modules);
        if (!File.Exists(path))
            return null;
        var modules = ReadModules(path);
        CheckModules(path, modules);
        var pooling = modules.FirstOrDefault(m => m.Type == "Pooling");
        var transformer = TransformerConfigs.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        var text = transformer is null ? null : ConfigReader.Open(transformer);
        return new SentenceTransformersFolder
        {
            Pooling = pooling is null ? null : ReadPooling(Path.Combine(folder, pooling.Path, "config.json")),
            Normalize = modules.Any(m => m.Type == "Normalize"),
            MaxSequenceLength = text is not null && text.Has("max_seq_length") ? text.PositiveInt("max_seq_length", 1) : null,
            DoLowerCase = text?.Bool("do_lower_case", false) ?? false,
            Prompt = ReadPrompt(Path.Combine(folder, Settings)),
        };
    }

    private static List<Module> ReadModules(string path)
    {
        using var document = UntrustedJson.Parse(path, root: JsonValueKind.Array);
        var modules = new List<Module>();
        foreach (var element in document.RootElement.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"'{path}' lists {element.ValueKind}, expected an object with type and path.");
            var module = new ConfigReader(path, element.Clone(), $"[{modules.Count}].");
            var type = module.OptionalString("type")
                ?? throw new InvalidDataException($"{module.Describe("type")}, expected a class name.");
            modules.Add(new Module(type[(type.LastIndexOf('.') + 1)..], module.OptionalString("path") ?? ""));
        }
        return modules;
    }

    private static void CheckModules(string path, List<Module> modules)
    {
        var reasons = new List<string>();
        foreach (var module in modules)
        {
            if (module.Type is not ("Transformer" or "Pooling" or "Normalize"))
                reasons.Add($"module {module.Type}; Transformer, Pooling and Normalize are supported");
            if (module.Type == "Transformer" && module.Path.Length > 0)
                reasons.Add($"the Transformer in '{module.Path}'; it is read from the folder itself: give that folder as the checkpoint");
            if (module.Path.AsSpan().IndexOfAny(['/', '\\', ':', '\0']) >= 0 || module.Path is "." or "..")
                throw new InvalidDataException($"'{path}' names the path '{module.Path}'; only plain folder names are allowed.");
        }
        var order = string.Join(", ", modules.Select(m => m.Type));
        if (reasons.Count == 0 && order is not ("Transformer" or "Transformer, Pooling" or "Transformer, Pooling, Normalize"))
            reasons.Add($"the modules {order}; Transformer, Pooling, Normalize in this order, each once, is supported");
        if (reasons.Count > 0)
            throw new NotSupportedException($"'{path}' has {string.Join("; ", reasons)}. {Remedy}.");
    }

    private static EmbeddingPooling ReadPooling(string path)
    {
        const string Prefix = "pooling_mode_";
        var config = ConfigReader.Open(path);
        var chosen = config.Names.Where(n => n.StartsWith(Prefix, StringComparison.Ordinal) && config.Bool(n, false)).ToArray();
        if (chosen.Length == 1 && Modes.TryGetValue(chosen[0][Prefix.Length..], out var pooling))
            return config.Bool("include_prompt", true) ? pooling : throw new NotSupportedException(
                $"{config.Describe("include_prompt")}; poolings that leave the prompt out are not supported. {Remedy}.");
        throw new NotSupportedException(
            $"'{path}' pools by [{string.Join(", ", chosen)}]; "
            + $"one of {string.Join(", ", Modes.Keys.Select(m => Prefix + m))} is supported. {Remedy}.");
    }

    private static string? ReadPrompt(string path)
    {
        if (!File.Exists(path))
            return null;
        var config = ConfigReader.Open(path);
        if (config.OptionalString("default_prompt_name") is not { } name)
            return null;
        return config.OptionalObject("prompts")?.OptionalString(name) is { } prompt
            ? prompt
            : throw new InvalidDataException($"{config.Describe("default_prompt_name")}, which is none of its prompts.");
    }

    private sealed record Module(string Type, string Path);
}
