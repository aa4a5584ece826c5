using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// A run of FLARE over a model with the shape of Gemma 2 9B (google/gemma-2-9b, config.json), as its trainer saves one: pickles in shards,
/// linear layers in 4 bits (nf4), embedding and head tied in float32, adapters of rank 8 on all linear modules. And its base beside it.
/// </summary>
/// <param name="Layers">42 are the real model's.</param>
internal sealed record ShapedRun(int Layers)
{
    private const int Hidden = 3584, Intermediate = 14336, Heads = 16, KeyValueHeads = 8, HeadDim = 256, Vocabulary = 256_000, Rank = 8;

    private const int BlockSize = 64, LayersOfShard = 20;

    private static readonly string[] Norms = ["input", "post_attention", "pre_feedforward", "post_feedforward"];

    private static readonly byte[] Ones = [.. Enumerable.Repeat(BitConverter.GetBytes(0.01f), 64).SelectMany(b => b)];

    /// <summary>Writes <c>run</c> and <c>base</c>; nearly all numbers are zeros that cost no disk.</summary>
    public void Write(string folder)
    {
        var (run, below) = (Directory.CreateDirectory(Path.Combine(folder, "run")).FullName, Path.Combine(folder, "base"));
        File.WriteAllText(Path.Combine(run, "config.json"), Config("FusionDecoder"));
        File.WriteAllText(Path.Combine(run, "results_test.json"), $$"""
            {"task": "nusax", "lora_r": {{Rank}}, "lora_alpha": 16, "fusion_fn": "add_relu", "adapter_name": "flare-add_relu",
             "max_length": 128}
            """);
        Shards(run);
        Directory.CreateDirectory(below);
        File.WriteAllText(Path.Combine(below, "config.json"), Config("Gemma2ForCausalLM"));
        foreach (var file in (string[])["generation_config.json", "tokenizer.json", "tokenizer_config.json"])
            File.Copy(Path.Combine(AppContext.BaseDirectory, "demo", "base", file), Path.Combine(below, file));
        ShapedTensors.Write(below, "model", [.. BaseTensors()], bytesEach: 2, _ => 0);
    }

    private void Shards(string run)
    {
        var count = 1 + (Layers + LayersOfShard - 1) / LayersOfShard;
        var shard = new TorchShard();
        var embedding = shard.Add("encoder.model.model.embed_tokens.weight", "F32", [Vocabulary, Hidden], Ones);
        shard.Tie("encoder.model.lm_head.weight", embedding, "F32", [Vocabulary, Hidden]);
        shard.Add("encoder.model.model.norm.weight", "F32", [Hidden], Ones);
        shard.Save(Path.Combine(run, Name(1)));
        for (var i = 2; i <= count; i++)
        {
            shard = new TorchShard();
            for (var layer = (i - 2) * LayersOfShard; layer < Math.Min(Layers, (i - 1) * LayersOfShard); layer++)
                AddLayer(shard, layer);
            shard.Save(Path.Combine(run, Name(i)));
        }

        string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"pytorch_model-{i:00000}-of-{count:00000}.bin");
    }

    private static void AddLayer(TorchShard shard, int layer)
    {
        foreach (var (name, outFeatures, inFeatures) in Linears(layer))
        {
            var (key, elements) = ($"encoder.model.{name}.base_layer.weight", (long)outFeatures * inFeatures);
            var state = Encoding.UTF8.GetBytes(
                $$"""{"quant_type": "nf4", "blocksize": {{BlockSize}}, "dtype": "float32", "shape": [{{outFeatures}}, {{inFeatures}}]}""");
            var map = Enumerable.Range(0, 16).Select(i => (i - 7.5f) / 7.5f).ToArray();
            shard.Add(key, "U8", [elements / 2, 1], Ones);
            shard.Add(key + ".absmax", "F32", [elements / BlockSize], Ones);
            shard.Add(key + ".quant_map", "F32", [16], MemoryMarshal.AsBytes(map.AsSpan()).ToArray());
            shard.Add(key + ".quant_state.bitsandbytes__nf4", "U8", [state.Length], state);
            shard.Add($"encoder.model.{name}.lora_A.flare-add_relu.weight", "F32", [Rank, inFeatures], Ones);
            shard.Add($"encoder.model.{name}.lora_B.flare-add_relu.weight", "F32", [outFeatures, Rank], Ones);
        }
        foreach (var norm in Norms)
            shard.Add($"encoder.model.model.layers.{layer}.{norm}_layernorm.weight", "F32", [Hidden], Ones);
    }

    private IEnumerable<(string Name, long[] Shape)> BaseTensors()
    {
        yield return ("model.embed_tokens.weight", [Vocabulary, Hidden]);
        for (var layer = 0; layer < Layers; layer++)
        {
            foreach (var (name, outFeatures, inFeatures) in Linears(layer))
                yield return (name + ".weight", [outFeatures, inFeatures]);
            foreach (var norm in Norms)
                yield return ($"model.layers.{layer}.{norm}_layernorm.weight", [Hidden]);
        }
        yield return ("model.norm.weight", [Hidden]);
    }

    private static IEnumerable<(string Name, int Out, int In)> Linears(int layer)
    {
        var (attention, mlp) = ($"model.layers.{layer}.self_attn.", $"model.layers.{layer}.mlp.");
        yield return (attention + "q_proj", Heads * HeadDim, Hidden);
        yield return (attention + "k_proj", KeyValueHeads * HeadDim, Hidden);
        yield return (attention + "v_proj", KeyValueHeads * HeadDim, Hidden);
        yield return (attention + "o_proj", Hidden, Heads * HeadDim);
        yield return (mlp + "gate_proj", Intermediate, Hidden);
        yield return (mlp + "up_proj", Intermediate, Hidden);
        yield return (mlp + "down_proj", Hidden, Intermediate);
    }

    private string Config(string architecture) => $$"""
        {"architectures": ["{{architecture}}"], "model_type": "gemma2", "hidden_size": {{Hidden}}, "intermediate_size": {{Intermediate}},
         "num_hidden_layers": {{Layers}}, "num_attention_heads": {{Heads}}, "num_key_value_heads": {{KeyValueHeads}}, "head_dim": {{HeadDim}},
         "vocab_size": {{Vocabulary}}, "sliding_window": 4096, "max_position_embeddings": 8192, "query_pre_attn_scalar": 256,
         "rope_theta": 10000.0, "rms_norm_eps": 1e-06, "hidden_activation": "gelu_pytorch_tanh", "final_logit_softcapping": 30.0,
         "attn_logit_softcapping": 50.0, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
        """;
}
