namespace XlLoraOnnx.Training.Tests;

/// <summary>ONNX Runtime's own operators of attention (com.microsoft; docs/ContribOperators.md of onnxruntime).</summary>
internal static class AttentionOperators
{
    /// <summary>Halves of each head of [batch, seq, heads · head_dim] are rotated. Positions are [batch, seq], or [1]: the first of every
    /// row.</summary>
    public static Tensor64 RotaryEmbedding(OperatorCall call)
    {
        var (x, positions, cos, sin) = (call[0], call[1].ToLongs(), call[2], call[3]);
        if (call.Int("interleaved", 0) != 0 || call.Int("rotary_embedding_dim", 0) != 0 || x.Rank != 3)
            throw call.Unsupported("interleaved, rotary_embedding_dim or an input of other than three axes");
        var (length, hidden, half) = (x.Shape[1], x.Shape[2], cos.Shape[1]);
        var size = call.Int("num_heads", 0) is var heads and > 0 ? hidden / (int)heads : 2 * half;
        if (size != 2 * half)
            throw call.Unsupported($"a head of {size} elements with a cache for {2 * half}");
        var values = new double[x.Values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var token = i / hidden;
            var position = positions.Length == 1 ? positions[0] + token % length : positions[token];
            var at = i % size;
            var angle = (int)position * half + at % half;
            values[i] = x.Values[i] * cos.Values[angle]
                + (at < half ? -x.Values[i + half] : x.Values[i - half]) * sin.Values[angle];
        }
        return x.With(values);
    }

    /// <summary>query, key, value [batch, seq, hidden], bias [3 · hidden], key_padding_mask [batch, keys], attention_bias.</summary>
    public static Tensor64 MultiHeadAttention(OperatorCall call)
    {
        if (call.Count > 6 || call[0].Rank != 3 || call.Optional(1)?.Rank != 3 || call.Optional(2)?.Rank != 3)
            throw call.Unsupported("a past, or queries, keys and values packed together or of other than three axes");
        var bias = call.Optional(3);
        var (widthQ, widthK) = (call[0].Shape[2], call[1].Shape[2]);
        var query = Biased(call[0], bias, 0);
        var key = Biased(call[1], bias, widthQ);
        var value = Biased(call[2], bias, widthQ + widthK);
        var heads = (int)call.Int("num_heads", 1);
        var (batch, length, keys) = (query.Shape[0], query.Shape[1], key.Shape[1]);
        var values = new double[batch * length * value.Shape[2]];
        for (var row = 0; row < batch * length; row++)
        {
            for (var head = 0; head < heads; head++)
            {
                var scores = Scores(call, query, key, row, head);
                var weights = ReductionOperators.Softmax(scores);
                var size = value.Shape[2] / heads;
                for (var k = 0; k < keys; k++)
                {
                    for (var i = 0; i < size; i++)
                        values[row * value.Shape[2] + head * size + i] +=
                            weights[k] * value.Values[(row / length * keys + k) * value.Shape[2] + head * size + i];
                }
            }
        }
        return new Tensor64(query.Kind, [batch, length, value.Shape[2]], values);
    }

    private static Tensor64 Biased(Tensor64 x, Tensor64? bias, int first)
    {
        if (bias is null)
            return x;
        var width = x.Shape[^1];
        return x.With([.. x.Values.Select((v, i) => v + bias.Values[first + i % width])]);
    }

    /// <summary>Of one head of a query, row = batch · length + token, with all keys of its text.</summary>
    private static double[] Scores(OperatorCall call, Tensor64 query, Tensor64 key, int row, int head)
    {
        var (length, keys, width) = (query.Shape[1], key.Shape[1], query.Shape[2]);
        var size = width / (int)call.Int("num_heads", 1);
        var scale = call.Float("scale", 0) is var given and not 0 ? given : 1 / Math.Sqrt(size);
        var (text, token) = (row / length, row % length);
        var scores = new double[keys];
        for (var k = 0; k < keys; k++)
        {
            for (var i = 0; i < size; i++)
                scores[k] += query.Values[row * width + head * size + i] * key.Values[(text * keys + k) * width + head * size + i];
            scores[k] = scores[k] * scale + ScoreBias(call.Optional(5), text, head, token, k);
            if (call.Optional(4) is { } mask && Masked(call, mask, text * keys + k))
                scores[k] += call.Float("mask_filter_value", -10000);
            if (call.Int("unidirectional", 0) != 0 && k > token + keys - length)
                scores[k] = double.NegativeInfinity;
        }
        return scores;
    }

    /// <param name="bias">[batch or 1, heads or 1, seq, keys]</param>
    private static double ScoreBias(Tensor64? bias, int text, int head, int token, int key)
    {
        if (bias is null)
            return 0;
        var (ofText, ofHead) = (bias.Shape[0] == 1 ? 0 : text, bias.Shape[1] == 1 ? 0 : head);
        return bias.Values[((ofText * bias.Shape[1] + ofHead) * bias.Shape[2] + token) * bias.Shape[3] + key];
    }

    private static bool Masked(OperatorCall call, Tensor64 mask, int index) => mask.Rank == 2
        ? mask.Values[index] == 0
        : throw call.Unsupported("a mask of other than two axes");
}
