using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// genai_config.json, with which the folder loads in stock ONNX Runtime GenAI. Its parser refuses unknown keys; decoder.sliding_window is
/// left out because it selects another cache.
/// </summary>
internal static class GenAiConfig
{
    public const string FileName = "genai_config.json";

    public static void Write(Stream stream, ModelPlan plan, GenerationConfig generation)
    {
        var options = new JsonWriterOptions { Indented = true, IndentSize = 4, NewLine = "\n" };
        using var json = new Utf8JsonWriter(stream, options);
        json.WriteStartObject();
        WriteModel(json, plan, generation);
        WriteSearch(json, plan, generation);
        json.WriteEndObject();
        json.Flush();
        stream.Write("\n"u8);
    }

    private static void WriteModel(Utf8JsonWriter json, ModelPlan plan, GenerationConfig generation)
    {
        json.WriteStartObject("model");
        json.WriteNumber("bos_token_id", generation.BosTokenId);
        json.WriteNumber("context_length", plan.Dimensions.ContextLength);
        WriteDecoder(json, plan);
        json.WriteStartArray("eos_token_id");
        foreach (var id in generation.EosTokenIds)
            json.WriteNumberValue(id);
        json.WriteEndArray();
        json.WriteNumber("pad_token_id", generation.PadTokenId);
        json.WriteString("type", plan.GenAiType);
        json.WriteNumber("vocab_size", plan.Dimensions.VocabSize);
        json.WriteEndObject();
    }

    private static void WriteDecoder(Utf8JsonWriter json, ModelPlan plan)
    {
        var dimensions = plan.Dimensions;
        json.WriteStartObject("decoder");
        json.WriteStartObject("session_options");
        WriteProviders(json, plan);
        json.WriteEndObject();
        json.WriteString("filename", OnnxModelWriter.GraphFile);
        json.WriteNumber("head_size", plan.Caches[0].HeadDim);
        json.WriteNumber("hidden_size", dimensions.HiddenSize);
        json.WriteStartObject("inputs");
        json.WriteString("input_ids", "input_ids");
        json.WriteString("attention_mask", "attention_mask");
        json.WriteString("past_key_names", "past_key_values.%d.key");
        json.WriteString("past_value_names", "past_key_values.%d.value");
        json.WriteEndObject();
        json.WriteStartObject("outputs");
        json.WriteString("logits", "logits");
        json.WriteString("present_key_names", "present.%d.key");
        json.WriteString("present_value_names", "present.%d.value");
        json.WriteEndObject();
        json.WriteNumber("num_attention_heads", dimensions.NumAttentionHeads);
        json.WriteNumber("num_hidden_layers", dimensions.NumHiddenLayers);
        json.WriteNumber("num_key_value_heads", dimensions.NumKeyValueHeads);
        json.WriteEndObject();
    }

    // the CPU has no kernels for 16-bit activations
    private static void WriteProviders(Utf8JsonWriter json, ModelPlan plan)
    {
        json.WriteStartArray("provider_options");
        if (plan.ActivationType != OnnxType.Float)
        {
            json.WriteStartObject();
            json.WriteStartObject("cuda");
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteSearch(Utf8JsonWriter json, ModelPlan plan, GenerationConfig generation)
    {
        var sampling = generation.Sampling;
        json.WriteStartObject("search");
        json.WriteBoolean("do_sample", sampling.DoSample);
        json.WriteNumber("max_length", plan.Dimensions.ContextLength);
        json.WriteNumber("min_length", 0);
        json.WriteNumber("num_beams", 1);
        json.WriteNumber("num_return_sequences", 1);
        json.WriteBoolean("past_present_share_buffer", true);
        json.WriteNumber("repetition_penalty", sampling.RepetitionPenalty);
        json.WriteNumber("temperature", sampling.Temperature);
        json.WriteNumber("top_k", sampling.TopK);
        json.WriteNumber("top_p", sampling.TopP);
        json.WriteEndObject();
    }
}
