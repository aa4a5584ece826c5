using static XlLoraOnnx.Formats.ConfigField;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// Every field of tokenizer_config.json that transformers writes (tokenization_utils_base.py and the classes of the families).
/// Most of what it says is in tokenizer.json too, which texts go through.
/// </summary>
internal static class TokenizerFields
{
    private const string File = "tokenizer_config.json";

    private static readonly FieldTable Common = new(File,
    [
        Used("the special tokens that templates print and encodings are filled with", "bos_token", "eos_token", "pad_token", "unk_token"),
        Used("what `train encoder --do-mlm` hides tokens behind", "mask_token"),
        Used("the longest text, and the end at which it is filled up or cut", "model_max_length", "padding_side", "truncation_side"),
        Used("how a conversation becomes a text; `chat_template.jinja` beside it goes first", "chat_template"),
        Used("compared with the normalizer of tokenizer.json, which texts go through; refused where they differ, because "
            + "transformers follows this file", "do_lower_case", "strip_accents", "tokenize_chinese_chars"),
        Used("compared with tokenizer.json, which is followed; a notice where they differ, because versions of transformers do too",
            "add_bos_token", "add_eos_token", "add_prefix_space"),
        Refused("what looks like a special token in a text is taken for one", ["false"], "split_special_tokens"),
        Ignored("code that comes with the folder is never run", [], "auto_map"),
        Used("which codes of languages there are; tokenizer.json has the tokens", "additional_special_tokens", "extra_special_tokens"),
        Neutral("tokenizer.json has them", "added_tokens_decoder", "cls_token", "sep_token", "image_token",
            "boi_token", "eoi_token", "trim_offsets", "errors", "legacy", "sp_model_kwargs",
            "wordpieces_prefix", "never_split", "do_basic_tokenize", "clean_text", "pad_token_type_id", "pad_token_id",
            "add_special_tokens"),
        Neutral("callers say it for each text", "max_length", "stride", "truncation_strategy", "pad_to_multiple_of", "padding",
            "truncation"),
        Used("whether its class reads the three above: `PreTrainedTokenizerFast` and `TokenizersBackend` do not", "tokenizer_class"),
        Neutral("how a library loads it", "processor_class", "name_or_path", "special_tokens_map_file", "tokenizer_file",
            "vocab_file", "merges_file", "use_fast", "from_slow", "backend", "is_local", "local_files_only", "model_input_names",
            "model_specific_special_tokens", "device_map", "trust_remote_code", "response_schema"),
        Neutral("of tokenizers that are not built from tokenizer.json", "spaces_between_special_tokens", "use_default_system_prompt"),
    ]);

    /// <summary>Of any model.</summary>
    public static ConfigFields OfAny { get; } = new(File, Common);

    public static ConfigFields OfGenerator { get; } = new(File, Common, new FieldTable("tokenizer_config.json of a model that generates",
    [
        Ignored("answers are given as the tokens spell them", ["false"], "clean_up_tokenization_spaces"),
        Neutral("of NLLB: each request says its languages", "src_lang", "tgt_lang"),
        Ignored("of NLLB: the language stands before the text", ["false"], "legacy_behaviour"),
    ]));

    public static ConfigFields OfEncoder { get; } = new(File, Common, new FieldTable("tokenizer_config.json of a model that gives vectors",
        [Neutral("no ids become text", "clean_up_tokenization_spaces")]));
}
