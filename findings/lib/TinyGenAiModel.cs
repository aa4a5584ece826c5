namespace Findings;

using static Findings.Onnx;

/// <summary>
/// A small folder that ONNX Runtime GenAI loads: 8 tokens, one layer whose cache holds token ids. Logits are the sum of the optional inputs
/// "a" and "b" (zeros unless an adapter supplies them); the number of ones in the row's attention mask is added to logit 7.
/// </summary>
static class TinyGenAiModel
{
    public const int Vocabulary = 8;

    public static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var zeros = new float[Vocabulary];
        float[] last = [0, 0, 0, 0, 0, 0, 0, 1];
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), Model(
            [Value("input_ids", I64, "batch", "new"), Value("attention_mask", I64, "batch", "all"),
                Cache("past.0.key", "old"), Cache("past.0.value", "old"), Value("a", F32, Vocabulary), Value("b", F32, Vocabulary)],
            [Value("logits", F32, "batch", "new", Vocabulary), Cache("present.0.key", "all"), Cache("present.0.value", "all")],
            [Node("Cast", "input_ids", "ids", "", ("to", F32)), Node("Unsqueeze", "ids first_and_last", "entries"),
                Node("Concat", "past.0.key entries", "present.0.key", "", ("axis", 2)),
                Node("Concat", "past.0.value entries", "present.0.value", "", ("axis", 2)),
                Node("ReduceSum", "attention_mask second", "count"), Node("Cast", "count", "ones", "", ("to", F32)),
                Node("Unsqueeze", "ones third", "ones3"), Node("Mul", "ones3 last", "of_mask"),
                Node("Gather", "table input_ids", "embedded"), Node("Add", "embedded of_mask", "with_mask"),
                Node("Add", "with_mask a", "with_a"), Node("Add", "with_a b", "logits")],
            [Tensor("table", F32, new float[Vocabulary * Vocabulary], Vocabulary, Vocabulary), Tensor("a", F32, zeros, Vocabulary),
                Tensor("b", F32, zeros, Vocabulary), Tensor("last", F32, last, Vocabulary), Tensor("second", I64, [1L], 1),
                Tensor("third", I64, [2L], 1), Tensor("first_and_last", I64, [1L, 3L], 2)]));
        File.WriteAllText(Path.Combine(folder, "genai_config.json"), """
            {"model": {"type": "decoder", "context_length": 32, "vocab_size": 8, "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0,
              "decoder": {"filename": "model.onnx", "head_size": 1, "hidden_size": 1, "num_attention_heads": 1, "num_key_value_heads": 1,
                "num_hidden_layers": 1, "session_options": {"provider_options": []},
                "inputs": {"past_key_names": "past.%d.key", "past_value_names": "past.%d.value"},
                "outputs": {"present_key_names": "present.%d.key", "present_value_names": "present.%d.value"}}},
             "search": {"max_length": 16, "past_present_share_buffer": false}}
            """);
    }

    static Message Cache(string name, string length) => Value(name, F32, "batch", 1, length, 1);
}
