using static XlLoraOnnx.Formats.ConfigField;

namespace XlLoraOnnx.Exporter;

/// <summary>Every field of the config.json of a model with an encoder and a decoder (transformers, models/m2m_100).</summary>
internal static class EncoderDecoderFields
{
    public static ConfigFields M2M100 { get; } = new("config.json", TrainedModelFields.EveryModel, TrainedModelFields.Sampling,
        new("config.json of M2M100 and NLLB",
        [
            Used("the shape of the graphs", "vocab_size", "d_model", "max_position_embeddings", "encoder_layers", "encoder_attention_heads",
                "encoder_ffn_dim", "decoder_layers", "decoder_attention_heads", "decoder_ffn_dim"),
            Used("`relu` alone, others are refused", "activation_function"),
            Used("whether embeddings are multiplied by the root of d_model", "scale_embedding"),
            Used("ids that generation begins and ends with; generation_config.json goes first", "bos_token_id", "eos_token_id"),
            Used("padding, from which positions are counted; the token that an answer begins with", "pad_token_id",
                "decoder_start_token_id"),
            Used("true alone: the embedding is the head", "tie_word_embeddings"),
            Used("true alone", "is_encoder_decoder"),
            Used("no more than is supported; the encoder's layers again", "num_hidden_layers"),
            Refused("a text model within another is exported of Gemma 3 alone", [], "text_config"),
            Neutral("weights have types of their own", "dtype", "torch_dtype"),
            Ignored("transformers' M2M100 has fields of its own for the encoder and the decoder", [], "hidden_size", "head_dim",
                "num_attention_heads"),
            Neutral("training alone", "activation_dropout", "encoder_layerdrop", "decoder_layerdrop", "init_std"),
            Neutral("that of M2M100 is a decoder, whatever it says", "is_decoder", "add_cross_attention"),
        ]));
}
