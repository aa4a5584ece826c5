namespace XlLoraOnnx.Exporter;

/// <summary>Hidden states to logits in float32, of the last real position, of all of them for scoring, of those asked for; or to
/// vectors.</summary>
internal static class LanguageModelHead
{
    private const string Node = "/lm_head";
    private const string Logits = "logits";
    private const string Greedy = "greedy_tokens";

    /// <param name="hidden">After the final norm, [batch, seq, hidden].</param>
    /// <param name="softcap">Logits are squeezed to ± this by tanh; null for not at all.</param>
    public static void Add(DecoderGraph decoder, string hidden, float? softcap = null)
    {
        if (decoder.Embedder is { } facts)
        {
            EmbeddingOutputs.Add(decoder, facts, hidden);
            return;
        }
        if (decoder.ReadsTwoLanguages)
            AddStates(decoder, hidden);
        if (decoder.Role == GraphRoles.Hidden)
            return;
        var all = decoder.Role is GraphRoles.Scoring or GraphRoles.FusionHidden;
        var rows = all ? hidden
            : decoder.Role == GraphRoles.Fusion ? Last(decoder, hidden)
            : decoder.LogitsIndices is { } indices ? Asked(decoder, hidden, indices)
            : LastTokenLogits.Select(decoder.Graph, hidden, decoder.InputIds, decoder.Mask);
        var isFloat32 = decoder.Format.Activations == OnnxType.Float;
        var output = isFloat32 && softcap is null ? Logits : Node + "/MatMul/output_0";
        var x = decoder.Tokens.Logits(decoder.LinearWeights, rows, output, decoder.LogitsIndices is null ? -1 : 1);
        if (!isFloat32)
            x = decoder.Graph.Cast(Node + "/Cast", softcap is null ? Logits : Node + "/Cast/output_0", x, OnnxType.Float);
        if (softcap is { } cap)
            AddSoftcap(decoder.Graph, x, cap);
        if (decoder.LogitsIndices is null)
        {
            decoder.Graph.Output(Logits, OnnxType.Float, "batch_size", all ? "sequence_length" : 1, decoder.Config.VocabSize);
            return;
        }
        decoder.Graph.Output(Logits, OnnxType.Float, "logits_rows", decoder.Config.VocabSize);
        if (!isFloat32)
            AddGreedy(decoder.Graph);
    }

    /// <summary>Hidden states in float32: all of them, or the last where the others are of no use.</summary>
    private static void AddStates(DecoderGraph decoder, string hidden)
    {
        Show("last_hidden_state", hidden, decoder.Format.Activations);
        for (var i = 0; i < (decoder.Role == GraphRoles.Fusion ? 0 : decoder.States.Count); i++)
            Show($"hidden_states.{i}", decoder.States[i], decoder.Format.Residual);

        void Show(string output, string x, OnnxType type)
        {
            if (type == OnnxType.Float)
                decoder.Graph.Identity($"/outputs/{output}/Identity", output, x);
            else
                decoder.Graph.Cast($"/outputs/{output}/Cast", output, x, OnnxType.Float);
            decoder.Graph.Output(output, OnnxType.Float, "batch_size", "sequence_length", decoder.Config.HiddenSize);
        }
    }

    /// <summary>Of texts that are padded on the left.</summary>
    /// <returns>[batch, 1, hidden]</returns>
    private static string Last(DecoderGraph decoder, string hidden) => decoder.Graph.Unsqueeze(Node + "/last/Unsqueeze",
        decoder.Graph.Gather(Node + "/last/Gather", hidden, decoder.Graph.Constant(-1L), axis: 1), 1);

    /// <summary>None at all while a prompt is read: the head is most of a small model's work.</summary>
    /// <returns>[n, hidden]</returns>
    private static string Asked(DecoderGraph decoder, string hidden, string indices)
    {
        var tokens = decoder.Graph.Reshape(Node + "/Reshape", hidden, -1, decoder.Config.HiddenSize);   // [batch * seq, hidden]
        return decoder.Graph.Gather(Node + "/Gather", tokens, indices);
    }

    /// <summary>What 16 bits compute, a GPU computes: a row that takes the likeliest token then copies 8 bytes to the host instead of its
    /// logits.</summary>
    private static void AddGreedy(OnnxGraph graph)
    {
        graph.ArgMax(Node + "/greedy/ArgMax", Greedy, Logits);   // int64 [n]
        graph.Output(Greedy, OnnxType.Int64, "logits_rows");
    }

    // in float32, for which every provider has the three kernels
    private static void AddSoftcap(OnnxGraph graph, string x, float cap)
    {
        var limit = graph.Constant(cap);
        var bent = graph.Tanh(Node + "/softcap/Tanh", graph.Div(Node + "/softcap/Div", x, limit));
        graph.Mul(Node + "/softcap/Mul", Logits, bent, limit);
    }
}
