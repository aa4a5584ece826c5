using System.Text.Json;
using static XlLoraOnnx.Formats.ConfigField;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// Every field of the files that sentence-transformers writes (sentence_transformers, base/model.py, sentence_transformer/model.py and the
/// config_keys of each module).
/// </summary>
internal static class SentenceFields
{
    private const string TransformerFile = "sentence_bert_config.json";
    private const string LayersFile = "1_WeightedLayerPooling/config.json";
    private const string Vector = "modules that pass on other things than the text's vector are not exported";
    private const string Arguments = "how the tokenizer is loaded: write it to tokenizer_config.json and tokenizer.json";
    private const string Queries = "of query expansion and of other inputs than text, which is not supported";

    public static ConfigFields Module { get; } = new(SentenceModules.FileName, new FieldTable("modules.json, an entry",
    [
        Used("what is done to a text, a token or a vector, one after the other", "type", "path"),
        Neutral("they stand in their order", "idx", "name"),
        Ignored("a text comes with no arguments", ["[]"], "kwargs"),
    ]));

    public static ConfigFields Settings { get; } = new(SentenceTransformersSettings.FileName, new FieldTable(
        SentenceTransformersSettings.FileName,
    [
        Used("what is written before a text", "prompts", "default_prompt_name"),
        Refused("one vector for each text is exported", ["\"SentenceTransformer\""], "model_type"),
        Refused("vectors are written whole; take the field out, and cut the vectors where they are used", [], "truncate_dim"),
        Ignored("`evaluate` says it and measures the cosine", ["\"cosine\""], "similarity_fn_name"),
        Neutral("bookkeeping", "__version__"),
    ]));

    private static readonly ConfigFields Text = new(TransformerFile,
        new FieldTable("modality_config.text", [Used("as said there", "method", "method_output_name")]));

    /// <summary>A model with a chat template sends every text through it (base/modules/transformer.py, preprocess).</summary>
    private static readonly ConfigFields Modalities = new(TransformerFile, new FieldTable("modality_config",
    [
        Used("`forward` and `last_hidden_state`, others are refused", Text, "text"),
        Refused("sentence-transformers puts every text through the chat template then, which is not supported", [], "message"),
        Neutral("texts alone are read", "image", "audio", "video"),
    ]));

    public static ConfigFields Transformer { get; } = new(TransformerFile, new FieldTable(TransformerFile,
    [
        Used("the longest text, and whether it is lower-cased", "max_seq_length", "do_lower_case"),
        Used("what is done with a text", Modalities, "modality_config"),
        Used("settings that change what the model computes are refused", "model_args", "model_kwargs", "config_args", "config_kwargs"),
        Refused(Arguments, ["{}"], "tokenizer_args", "tokenizer_kwargs", "processor_kwargs", "tokenizer_name_or_path"),
        Refused("other tasks are not exported", ["\"feature-extraction\""], "transformer_task"),
        Refused("other outputs are not exported", ["\"token_embeddings\""], "module_output_name"),
        Refused(Queries, ["{}"], "query_expansion", "query_length", "document_length", "processing_kwargs"),
        Neutral("how a library computes it", "unpad_inputs", "backend"),
    ]));

    public static ConfigFields Pooling { get; } = new("1_Pooling/config.json", new FieldTable("1_Pooling/config.json",
    [
        Used("how tokens become a vector", "pooling_mode", "pooling_mode_cls_token", "pooling_mode_max_tokens",
            "pooling_mode_mean_tokens", "pooling_mode_mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens", "pooling_mode_lasttoken"),
        Refused("poolings that leave the prompt out are not supported", ["true"], "include_prompt"),
        Neutral("it follows from config.json", "word_embedding_dimension", "embedding_dimension"),
    ]));

    public static ConfigFields Layers { get; } = new(LayersFile, new FieldTable(LayersFile,
    [
        Used("which states are averaged", "layer_start", "num_hidden_layers"),
        Neutral("it follows from config.json", "word_embedding_dimension", "embedding_dimension"),
    ]));

    public static ConfigFields Dense { get; } = new("2_Dense/config.json", new FieldTable("2_Dense/config.json",
    [
        Used("the layer; activations that are not exported are refused", "in_features", "out_features", "bias", "activation_function",
            "use_residual"),
        Refused(Vector, ["\"sentence_embedding\""], "module_input_name", "module_output_name"),
    ]));

    public static ConfigFields Normalize { get; } = new("2_Normalize/config.json", new FieldTable("2_Normalize/config.json",
        [Refused(Vector, ["\"sentence_embedding\""], "module_input_name", "module_output_name")]));

    /// <summary>A sentence for each field that is not looked at.</summary>
    public static IEnumerable<string> Notices(string folder)
    {
        // a decoder may have it without modules
        var settings = Of(SentenceTransformersSettings.FileName, Settings);
        if (SentenceModules.Read(folder) is not { } modules)
            return settings;
        using var document = UntrustedJson.Parse(Path.Combine(folder, SentenceModules.FileName), root: JsonValueKind.Array);
        var entries = document.RootElement.EnumerateArray().Select((element, i) =>
            new ConfigReader(SentenceModules.FileName, element.Clone(), $"[{i}].")).ToArray();
        var transformer = SentenceTransformersFolder.TransformerConfigs.FirstOrDefault(name => File.Exists(Path.Combine(folder, name)));
        return
        [
            .. entries.SelectMany(e => Module.Notices(e)), .. settings, .. transformer is null ? [] : Of(transformer, Transformer),
            .. modules.SelectMany(m => m.Type switch
            {
                "Pooling" => Of(m.Path + "/config.json", Pooling),
                WeightedLayers.Module => Of(m.Path + "/config.json", Layers),
                "Dense" => Of(m.Path + "/config.json", Dense),
                "Normalize" when m.Path.Length > 0 => Of(m.Path + "/config.json", Normalize),
                _ => [],
            }),
        ];

        IEnumerable<string> Of(string name, ConfigFields fields) =>
            Path.Combine(folder, name) is var path && File.Exists(path) ? fields.Notices(ConfigReader.Open(path), name) : [];
    }
}
