using System.Runtime.InteropServices;
using System.Text.Json;
using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// A checkpoint of NLLB-200-distilled-600M's shape with random weights, and rank-8 PEFT adapters for it. The numbers of a tensor depend on
/// its name and on nothing else, so that other files can hold the same ones.
/// </summary>
/// <param name="Layers">Of the encoder, and of the decoder; 12 in the published one.</param>
internal sealed record ShapedTranslator(int Layers)
{
    public const int Hidden = 1024, Intermediate = 4096, Heads = 16, Vocabulary = 256_206, MaxPositions = 1024;
    public const int PadTokenId = 1, StartTokenId = 2;
    public const string Table = "model.shared";
    private const int Rank = 8;

    // sums of 1024 products keep the size of what enters them; words are smaller, or each would be followed by itself, as head and table
    // are one
    private const float Spread = 0.05f, WordSpread = 0.02f;
    private const int BufferedValues = 1 << 18;

    private static readonly string[] Architectures = ["M2M100ForConditionalGeneration"];
    private static readonly string[] Projections = ["q_proj", "k_proj", "v_proj", "out_proj"];

    /// <summary>With the tokenizer of the small NLLB of the tests, which has fewer words: ids are given and read as they are.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), Config(endToken: StartTokenId));
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), NllbCheckpoint.Tokenizer().ToJsonString());
        File.Copy(Repository.Data("tokenizers", "nllb", "tokenizer_config.json"), Path.Combine(folder, "tokenizer_config.json"));
        WriteTensors(Path.Combine(folder, "model.safetensors"), [.. Tensors()]);
    }

    /// <param name="seed">Another number makes another adapter.</param>
    public void WriteAdapter(string folder, int seed)
    {
        Directory.CreateDirectory(folder);
        const string Targets = "\"q_proj\", \"k_proj\", \"v_proj\", \"out_proj\", \"fc1\", \"fc2\"";
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), $$"""
            {"peft_type": "LORA", "r": {{Rank}}, "lora_alpha": {{Rank}}, "target_modules": [{{Targets}}], "task_type": "SEQ_2_SEQ_LM"}
            """);
        var tensors = Linears().SelectMany(l => new (string, long[])[]
        {
            ($"base_model.model.{l.Module}.lora_A.weight", [Rank, l.In]),
            ($"base_model.model.{l.Module}.lora_B.weight", [l.Out, Rank]),
        });
        WriteTensors(Path.Combine(folder, "adapter_model.safetensors"), [.. tensors], seed);
    }

    /// <param name="endToken">Null for a model that never ends.</param>
    public string Config(int? endToken) => JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["architectures"] = Architectures,
        ["model_type"] = "m2m_100",
        ["activation_function"] = "relu",
        ["d_model"] = Hidden,
        ["vocab_size"] = Vocabulary,
        ["encoder_layers"] = Layers,
        ["decoder_layers"] = Layers,
        ["encoder_attention_heads"] = Heads,
        ["decoder_attention_heads"] = Heads,
        ["encoder_ffn_dim"] = Intermediate,
        ["decoder_ffn_dim"] = Intermediate,
        ["max_position_embeddings"] = MaxPositions,
        ["scale_embedding"] = true,
        ["is_encoder_decoder"] = true,
        ["bos_token_id"] = 0,
        ["pad_token_id"] = PadTokenId,
        ["eos_token_id"] = endToken,
        ["decoder_start_token_id"] = StartTokenId,
    });

    /// <summary>The numbers of a tensor of the checkpoint: uniform, around 1 where it multiplies in a norm.</summary>
    public static float[] Values(string name, long count, int seed = 0)
    {
        var values = new float[count];
        Fill(name, 0, values, seed);
        return values;
    }

    /// <param name="first">Which of the tensor's numbers comes first.</param>
    public static void Fill(string name, long first, Span<float> values, int seed = 0)
    {
        var centre = name.EndsWith("layer_norm.weight", StringComparison.Ordinal) ? 1f : 0f;
        var scale = (name.StartsWith(Table, StringComparison.Ordinal) ? WordSpread : Spread) / int.MaxValue;
        var state = (ulong)(seed + 1) * 0x9E3779B97F4A7C15;
        foreach (var letter in name)
            state = (state ^ letter) * 0x100000001B3;
        // a counter and a mixer (SplitMix64), so that a tensor can be begun anywhere
        state += (ulong)first * 0x9E3779B97F4A7C15;
        for (var i = 0; i < values.Length; i++)
        {
            state += 0x9E3779B97F4A7C15;
            var z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            values[i] = centre + (int)(z >> 32) * scale;
        }
    }

    private IEnumerable<(string Module, int In, int Out)> Linears()
    {
        foreach (var part in (string[])["encoder", "decoder"])
        {
            for (var layer = 0; layer < Layers; layer++)
            {
                var module = $"model.{part}.layers.{layer}";
                foreach (var attention in part == "encoder" ? ["self_attn"] : (string[])["self_attn", "encoder_attn"])
                {
                    foreach (var projection in Projections)
                        yield return ($"{module}.{attention}.{projection}", Hidden, Hidden);
                }
                yield return (module + ".fc1", Hidden, Intermediate);
                yield return (module + ".fc2", Intermediate, Hidden);
            }
        }
    }

    private IEnumerable<string> Norms()
    {
        foreach (var part in (string[])["encoder", "decoder"])
        {
            for (var layer = 0; layer < Layers; layer++)
            {
                var module = $"model.{part}.layers.{layer}";
                yield return module + ".self_attn_layer_norm";
                if (part == "decoder")
                    yield return module + ".encoder_attn_layer_norm";
                yield return module + ".final_layer_norm";
            }
            yield return $"model.{part}.layer_norm";
        }
    }

    private IEnumerable<(string Name, long[] Dims)> Tensors()
    {
        yield return (Table + ".weight", [Vocabulary, Hidden]);
        foreach (var (module, inFeatures, outFeatures) in Linears())
        {
            yield return (module + ".weight", [outFeatures, inFeatures]);
            yield return (module + ".bias", [outFeatures]);
        }
        foreach (var module in Norms())
        {
            yield return (module + ".weight", [Hidden]);
            yield return (module + ".bias", [Hidden]);
        }
    }

    private static void WriteTensors(string path, IReadOnlyList<(string Name, long[] Dims)> tensors, int seed = 0)
    {
        var header = new Dictionary<string, object>();
        long end = 0;
        foreach (var (name, shape) in tensors)
        {
            var begin = end;
            end += Count(shape) * sizeof(float);
            header.Add(name, new { dtype = "F32", shape, data_offsets = new[] { begin, end } });
        }
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        file.Write(BitConverter.GetBytes((long)json.Length));
        file.Write(json);
        var buffer = new float[BufferedValues];
        foreach (var (name, shape) in tensors)
        {
            var count = Count(shape);
            for (long first = 0; first < count; first += buffer.Length)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, count - first));
                Fill(name, first, part, seed);
                file.Write(MemoryMarshal.AsBytes(part));
            }
        }
    }

    private static long Count(long[] shape) => shape.Aggregate(1L, (a, b) => a * b);
}
