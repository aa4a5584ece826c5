namespace XlLoraOnnx.Parity.Tests;

/// <summary>
/// Llama, Gemma 2 and Gemma 3 written out in double precision from the papers and transformers' models/, a token and a head at a time: to
/// compare exported graphs with, for shapes and masks that nobody has recorded. It shares nothing with the exporter but the reader of
/// safetensors. <see cref="ReferenceDecoderTests"/> holds it against recorded logits.
/// </summary>
internal sealed class ReferenceDecoder
{
    private readonly Dictionary<string, float[]> _weights = [];

    private ReferenceDecoder(ReferenceConfig config) => Config = config;

    public ReferenceConfig Config { get; }

    /// <param name="folder">A checkpoint in one file, or in shards.</param>
    public static ReferenceDecoder Open(string folder)
    {
        const string Prefix = "model.";
        var decoder = new ReferenceDecoder(ReferenceConfig.Read(folder));
        foreach (var path in Directory.EnumerateFiles(folder, "model*.safetensors"))
        {
            using var file = SafetensorsFile.Open(path);
            foreach (var name in file.Tensors.Keys.Where(n => !n.Contains("vision", StringComparison.Ordinal)))
            {
                var prefixes = name.LastIndexOf(Prefix, StringComparison.Ordinal);
                decoder._weights.Add(prefixes < 0 ? name : name[(prefixes + Prefix.Length)..], file.ReadFloat32(name));
            }
        }
        return decoder;
    }

    /// <summary>The states after the final norm: [tokens][hidden].</summary>
    public double[][] States(IReadOnlyList<long> ids)
    {
        var table = _weights["embed_tokens.weight"];
        var scale = Config.IsGemma ? Math.Sqrt(Config.HiddenSize) : 1;
        double[][] x = [.. ids.Select(id => Enumerable.Range(0, Config.HiddenSize)
            .Select(i => table[id * Config.HiddenSize + i] * scale).ToArray())];
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            var prefix = $"layers.{layer}.";
            var attended = Attend(layer, Norm(x, prefix + "input_layernorm"));
            x = Sum(x, Config.IsGemma ? Norm(attended, prefix + "post_attention_layernorm") : attended);
            var fed = Feed(prefix + "mlp.", Norm(x, prefix + (Config.IsGemma ? "pre_feedforward_layernorm" : "post_attention_layernorm")));
            x = Sum(x, Config.IsGemma ? Norm(fed, prefix + "post_feedforward_layernorm") : fed);
        }
        return Norm(x, "norm");
    }

    /// <summary>Of every token: [tokens][vocabulary].</summary>
    public double[][] Logits(IReadOnlyList<long> ids)
    {
        var states = States(ids);
        var logits = Multiply(states, Config.Tied ? "embed_tokens" : "lm_head");
        return Config.FinalSoftcap is { } cap ? [.. logits.Select(row => row.Select(v => Math.Tanh(v / cap) * cap).ToArray())] : logits;
    }

    private double[][] Attend(int layer, double[][] x)
    {
        var prefix = $"layers.{layer}.self_attn.";
        var (dim, tokens) = (Config.HeadDim, x.Length);
        var (q, k, v) = (Project("q", Config.Heads), Project("k", Config.KeyValueHeads), Project("v", Config.KeyValueHeads));
        var joined = Enumerable.Range(0, tokens).Select(_ => new double[Config.Heads * dim]).ToArray();
        for (var head = 0; head < Config.Heads; head++)
        {
            var shared = head / (Config.Heads / Config.KeyValueHeads);
            for (var query = 0; query < tokens; query++)
            {
                var seen = Enumerable.Range(0, tokens).Where(key => Config.Sees(layer, key - query)).ToArray();
                var shares = Softmax([.. seen.Select(key => Score(q[query][head], k[key][shared]))]);
                foreach (var (key, share) in seen.Zip(shares))
                {
                    for (var i = 0; i < dim; i++)
                        joined[query][head * dim + i] += share * v[key][shared][i];
                }
            }
        }
        return Multiply(joined, prefix + "o_proj");

        // [tokens][heads][head_dim]
        double[][][] Project(string name, int heads)
        {
            var projected = Multiply(x, $"{prefix}{name}_proj").Select(row => row.Chunk(dim).ToArray()).ToArray();
            if (name == "v")
                return projected;
            if (Config.ModelType == "gemma3_text")
                projected = [.. projected.Select(row => Norm(row, $"{prefix}{name}_norm"))];
            return [.. projected.Select((row, position) => row.Select(h => Rotate(layer, position, h)).ToArray())];
        }
    }

    private double Score(double[] query, double[] key)
    {
        var score = query.Zip(key, (a, b) => a * b).Sum() * Config.Scale;
        return Config.AttentionSoftcap is { } cap ? Math.Tanh(score / cap) * cap : score;
    }

    private double[] Rotate(int layer, int position, double[] head)
    {
        var half = head.Length / 2;
        var rotated = new double[head.Length];
        for (var i = 0; i < half; i++)
        {
            var (sin, cos) = Math.SinCos(position * Config.Frequency(layer, i));
            rotated[i] = head[i] * cos - head[i + half] * sin;
            rotated[i + half] = head[i + half] * cos + head[i] * sin;
        }
        return rotated;
    }

    private double[][] Feed(string prefix, double[][] x)
    {
        var (gate, up) = (Multiply(x, prefix + "gate_proj"), Multiply(x, prefix + "up_proj"));
        return Multiply([.. gate.Zip(up, (g, u) => g.Zip(u, (a, b) => Activate(a) * b).ToArray())], prefix + "down_proj");
    }

    private double Activate(double x) => Config.IsGemma
        ? 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))
        : x / (1 + Math.Exp(-x));

    private double[][] Norm(double[][] rows, string module)
    {
        var weight = _weights[module + ".weight"];
        var addend = Config.IsGemma ? 1 : 0;
        return [.. rows.Select(row =>
        {
            var length = Math.Sqrt(row.Sum(v => v * v) / row.Length + Config.Epsilon);
            return row.Select((v, i) => v / length * (weight[i] + addend)).ToArray();
        })];
    }

    /// <summary>x Wᵀ of a weight [out, in].</summary>
    private double[][] Multiply(double[][] x, string module) => Multiply(x, _weights[module + ".weight"]);

    /// <param name="weight">[out, in]</param>
    public static double[][] Multiply(double[][] x, float[] weight) => [.. x.Select(row =>
    {
        var result = new double[weight.Length / row.Length];
        for (var o = 0; o < result.Length; o++)
        {
            for (var i = 0; i < row.Length; i++)
                result[o] += weight[o * row.Length + i] * row[i];
        }
        return result;
    })];

    private static double[][] Sum(double[][] a, double[][] b) => [.. a.Zip(b, (x, y) => x.Zip(y, (v, w) => v + w).ToArray())];

    private static double[] Softmax(double[] scores)
    {
        var largest = scores.Max();
        double[] powers = [.. scores.Select(s => Math.Exp(s - largest))];
        var total = powers.Sum();
        return [.. powers.Select(p => p / total)];
    }
}
