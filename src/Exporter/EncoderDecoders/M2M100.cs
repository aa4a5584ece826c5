namespace XlLoraOnnx.Exporter;

/// <summary>
/// M2M100 (arXiv 2010.11125) and NLLB-200 (arXiv 2207.04672; transformers, models/m2m_100/modeling_m2m_100.py): one graph that reads
/// texts and gives the keys and values of cross attention, one that writes with them, token by token, and one for scoring that does both
/// at once.
/// </summary>
internal static class M2M100
{
    private static readonly TokenDefaults Tokens = new("M2M100Config", BosTokenId: 0, EosTokenId: 2, PadTokenId: 1);

    // one tensor under four names; a file has as many of them as who wrote it liked
    private static readonly string[] Tables =
        ["model.shared.weight", "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight"];

    public static ModelPlan Plan(ConfigReader config, TextWeights weights, WeightFormats formats, ExportOptions options)
    {
        if (options.Pooling is not null || options.Normalize is not null)
            throw new NotSupportedException($"'{config.Path}' is of a model that translates; it gives no vectors. Leave the pooling out.");
        var m2m100 = new M2M100Config(config);
        var table = Table(weights, config.Path);
        foreach (var part in (string[])["encoder", "decoder"])
            weights.Drop($"model.{part}.embed_positions.weights", "sinusoidal positions: they are computed");
        var activations = options.Precision.ActivationType();
        // without a norm after each sum the residual stream may leave float16
        var format = new NumberFormat(activations, OnnxType.Float);
        var graphs = new Dictionary<string, OnnxGraph>();
        var slots = new List<LoraSlot>();
        foreach (var role in GraphChoice.OfEncoderDecoder(options.Roles))
        {
            var model = new M2M100Graph(m2m100, weights, formats, format, role, table);
            Build(model);
            graphs.Add(role, model.Graph);
            slots.AddRange(model.LoraSlots.ExceptBy(slots.Select(s => s.Name), s => s.Name));
        }
        weights.Verify();
        var scale = m2m100.ScaleEmbedding ? (float)Math.Sqrt(m2m100.HiddenSize) : 1;
        return new ModelPlan
        {
            Family = "m2m_100",
            ModelType = config.OptionalString("model_type") ?? "m2m_100",
            Precision = options.Precision,
            Graphs = graphs,
            Dimensions = Dimensions(m2m100,
                ContextLengths.Choose(options.ContextLength, m2m100.MaxPositionEmbeddings, config.Path), weights.Parameters),
            EmbeddingScale = new EmbeddingScale(scale, m2m100.ScaleEmbedding ? "exact" : "none"),
            Caches = [.. Caches(m2m100)],
            LoraSlots = slots,
            Tokens = Tokens,
            Translation = new TranslationFacts
            {
                DecoderStartTokenId = m2m100.DecoderStartTokenId,
                MaxSourceLength = m2m100.MaxPositionEmbeddings,
            },
        };
    }

    private static void Build(M2M100Graph model)
    {
        if (GraphRoles.IsEncoder(model.Role))
            BuildEncoder(model);
        else if (GraphRoles.IsContinuous(model.Role))
            BuildDecoder(model);
        else
            BuildScoring(model);
    }

    private static void BuildEncoder(M2M100Graph model)
    {
        var (encoder, states, _) = Read(model);
        states = model.ToActivations("/model/decoder/encoder_attn", states);
        foreach (var cache in Caches(model.Config).Where(c => c.Kind == CacheKind.Cross))
        {
            Add("k_proj", cache.KeyInput);
            Add("v_proj", cache.ValueInput);

            void Add(string projection, string name)
            {
                encoder.Cross(cache.Layer, projection, states, name);
                model.Graph.Output(name, model.Format.Activations, "batch_size", cache.Heads, "sequence_length", cache.HeadDim);
            }
        }
    }

    private static void BuildDecoder(M2M100Graph model)
    {
        var (graph, config, type) = (model.Graph, model.Config, model.Format.Activations);
        var ids = graph.Input("input_ids", OnnxType.Int64, "batch_size", "sequence_length");
        var mask = AttentionMask.OfLengths(graph);
        var indices = graph.Input("logits_indices", OnnxType.Int64, "logits_rows");
        var lengths = graph.Input("source_lengths", OnnxType.Int64, "source_rows");
        var caches = Caches(config).ToArray();
        foreach (var cache in caches)
        {
            foreach (var name in (string[])[cache.KeyInput, cache.ValueInput])
            {
                if (cache.Kind == CacheKind.Self)
                    graph.Input(name, type, "batch_size", cache.Heads, $"capacity.{cache.Layer}", cache.HeadDim);
                else
                    graph.Input(name, type, "source_rows", cache.Heads, "source_length", cache.HeadDim);
            }
        }
        CacheEntry Cache(int layer, CacheKind kind) => Array.Find(caches, c => c.Layer == layer && c.Kind == kind)!;
        var cross = new CrossAttention(
            model, lengths, layer => Cache(layer, CacheKind.Cross).KeyInput, layer => Cache(layer, CacheKind.Cross).ValueInput);
        var settings = new GroupQueryAttentionSettings(config.Decoder.Heads, config.Decoder.Heads,
            1 / MathF.Sqrt(config.HiddenSize / config.Decoder.Heads), Window: null, Softcap: 0, Rolls: false);
        var decoder = new M2M100Decoder(model, (layer, q, k, v) =>
        {
            var cache = Cache(layer, CacheKind.Self);
            var inputs = new GroupQueryAttentionInputs(
                q, k, v, cache.KeyInput, cache.ValueInput, mask.LastPosition, mask.TotalLength, Cos: "", Sin: "");
            return graph.GroupQueryAttention($"/model/decoder/layers.{layer}/self_attn/GroupQueryAttention", inputs,
                cache.KeyOutput!, cache.ValueOutput!, settings);
        }, cross);
        var states = decoder.Add(ids, Positions(graph, ids, mask, config));
        var rows = graph.Reshape("/lm_head/Reshape", model.ToActivations("/lm_head", states), -1, config.HiddenSize);
        M2M100Head.Add(model, graph.Gather("/lm_head/Gather", rows, indices), "logits_rows");
        foreach (var cache in caches.Where(c => c.Kind == CacheKind.Self))
        {
            foreach (var name in (string[])[cache.KeyOutput!, cache.ValueOutput!])
                graph.Output(name, type, "batch_size", cache.Heads, $"capacity.{cache.Layer}", cache.HeadDim);
        }
    }

    private static void BuildScoring(M2M100Graph model)
    {
        var graph = model.Graph;
        var (encoder, states, mask) = Read(model);
        var ids = graph.Input("decoder_input_ids", OnnxType.Int64, "batch_size", "decoder_sequence_length");
        var memory = model.ToActivations("/model/decoder/encoder_attn", states);
        var lengths = graph.ReduceSum("/model/decoder/source/ReduceSum", mask, 1);
        var cross = new CrossAttention(model, lengths, Projected("k_proj"), Projected("v_proj"));
        var decoder = new M2M100Decoder(model, (layer, q, k, v) => graph.MultiHeadAttention(
            $"/model/decoder/layers.{layer}/self_attn/MultiHeadAttention", q, k, v, "", "", "", model.Config.Decoder.Heads, isCausal: true),
            cross);
        var positions = CountedPositions.Add(graph, "/model/decoder/positions", ids, model.Config.PadTokenId);
        var last = decoder.Add(ids, positions);
        M2M100Head.Add(model, model.ToActivations("/lm_head", last), "batch_size", "decoder_sequence_length");
        for (var i = 0; i < encoder.States.Count; i++)
            Output($"encoder_hidden_states.{i}", encoder.States[i], "sequence_length");
        Output("decoder_last_hidden_state", last, "decoder_sequence_length");

        Func<int, string> Projected(string projection) => layer => encoder.Cross(layer, projection, memory);

        void Output(string name, string x, string length)
        {
            graph.Identity($"/outputs/{name}/Identity", name, x);
            graph.Output(name, model.Format.Residual, "batch_size", length, model.Config.HiddenSize);
        }
    }

    private static (M2M100Encoder Encoder, string States, string Mask) Read(M2M100Graph model)
    {
        var ids = model.Graph.Input("input_ids", OnnxType.Int64, "batch_size", "sequence_length");
        var mask = model.Graph.Input("attention_mask", OnnxType.Int64, "batch_size", "sequence_length");
        var encoder = new M2M100Encoder(model);
        return (encoder, encoder.Add(ids, mask), mask);
    }

    /// <summary>Of rows that continue: the last position is an input, and there is no padding.</summary>
    /// <returns>int64 [batch, seq]</returns>
    private static string Positions(OnnxGraph graph, string ids, AttentionMask mask, M2M100Config config)
    {
        const string Node = "/model/decoder/positions";
        var length = graph.Gather(Node + "/Gather", graph.Shape(Node + "/Shape", ids), graph.Constant(1L));
        var last = graph.Cast(Node + "/Cast", mask.LastPosition, OnnxType.Int64);                 // [batch]
        var first = graph.Sub(Node + "/Sub", last, graph.Sub(Node + "/Sub_1", length, graph.Constant(1L)));
        var counted = graph.Add(Node + "/Add",
            graph.Unsqueeze(Node + "/Unsqueeze", first, 1), graph.Range(Node + "/Range", length));
        return graph.Add(Node + "/Add_1", counted, graph.Constant(config.PadTokenId + 1L));
    }

    private static IEnumerable<CacheEntry> Caches(M2M100Config config)
    {
        var (heads, dim) = (config.Decoder.Heads, config.HiddenSize / config.Decoder.Heads);
        for (var layer = 0; layer < config.Decoder.Layers; layer++)
        {
            yield return CacheEntry.OfSelfAttention(layer, heads, dim, window: null);
            yield return CacheEntry.OfCrossAttention(layer, heads, dim);
        }
    }

    /// <summary>The module whose tensor is the table; the others say the same, or the class would not have written them.</summary>
    private static string Table(TextWeights weights, string path)
    {
        var found = Tables.Where(weights.Contains).ToArray();
        foreach (var other in found.Skip(1))
        {
            if (!weights.AreEqual(found[0], other))
                throw new NotSupportedException(
                    $"The checkpoint of '{path}' has another {other} than {found[0]}; the class ties them to one table. Remove it from a "
                    + "copy of the checkpoint if the first is meant.");
            weights.Drop(other, $"tied: {found[0]} is the same table");
        }
        return (found.FirstOrDefault() ?? Tables[0])[..^".weight".Length];
    }

    private static ModelDimensions Dimensions(M2M100Config config, int contextLength, long parameters) => new()
    {
        VocabSize = config.VocabSize,
        HiddenSize = config.HiddenSize,
        IntermediateSize = config.Decoder.Intermediate,
        NumHiddenLayers = config.Decoder.Layers,
        NumAttentionHeads = config.Decoder.Heads,
        NumKeyValueHeads = config.Decoder.Heads,
        HeadDim = config.HiddenSize / config.Decoder.Heads,
        ContextLength = contextLength,
        Parameters = parameters,
    };
}

/// <summary>States to logits, in float32, by the embedding, without a scale or a bias.</summary>
internal static class M2M100Head
{
    private const string Logits = "logits";

    /// <param name="states">In the type of activations.</param>
    /// <param name="rows">What the rows are called.</param>
    public static void Add(M2M100Graph model, string states, params ReadOnlySpan<string> rows)
    {
        var isFloat32 = model.Format.Activations == OnnxType.Float;
        var output = isFloat32 ? Logits : "/lm_head/MatMul/output_0";
        var x = model.Tokens.Logits(model.LinearWeights, states, output, lastAxis: rows.Length);
        if (!isFloat32)
            model.Graph.Cast("/lm_head/Cast", Logits, x, OnnxType.Float);
        Dim[] shape = [.. rows.ToArray().Select(name => (Dim)name), model.Config.VocabSize];
        model.Graph.Output(Logits, OnnxType.Float, shape);
    }
}
