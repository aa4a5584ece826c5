namespace XlLoraOnnx.Training;

/// <summary>What of an encoder's graph a contrastive training needs to know.</summary>
/// <param name="Pooled">An output <c>pool.*</c> of the graph of hidden states.</param>
/// <param name="Texts">Of a row: 2, or 3 with hard negatives.</param>
/// <param name="Temperature">τ.</param>
/// <param name="HardNegativeWeight">w, a logit.</param>
internal sealed record ContrastiveSettings(string Pooled, int Texts, double Temperature = 0.05, double HardNegativeWeight = 0)
{
    public DropoutRates Dropout { get; init; }

    /// <summary>Layers are computed again for their gradients, and only the states between them kept.</summary>
    public bool Checkpointing { get; init; }

    /// <summary>A dense layer with tanh behind the pooling (SimCSE's <c>mlp</c>): its weight [in, out] and its bias; null for none.</summary>
    public (Parameter Weight, Parameter Bias)? Mlp { get; init; }
}

/// <summary>The graphs of a contrastive step of an encoder, and of the masked language model beside it, in the exporter's own terms.</summary>
internal static class EncoderGraphs
{
    public const string Loss = "loss", Logits = "logits", Vectors = "vectors", VectorGradient = "vector_gradient";
    /// <summary>int64 [guesses]: tokens of [texts · length] that a masked language model guesses, and what they are.</summary>
    public const string GuessPlaces = "guess_places", GuessLabels = "guess_labels";
    /// <summary>float, a scalar: 1 / guesses of the whole batch, of which a run may be a part.</summary>
    public const string GuessScale = "guess_scale";
    private const string Rows = "rows";

    /// <summary>Ids of a batch to its loss, and the gradient of each parameter.</summary>
    /// <param name="source">With the outputs of <see cref="GraphRoles.Hidden"/>.</param>
    /// <param name="parameters">Of the source, and of the MLP where there is one.</param>
    /// <returns>The graph, and the outputs in it that make the gradient of each parameter.</returns>
    public static (TrainingGraph Graph, IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> Gradients) Step(
        OnnxGraph source, ContrastiveSettings settings, IReadOnlyList<Parameter> parameters)
    {
        var graph = Forward(source, settings, withDropout: true);
        AddLoss(graph, Vectors, settings);
        return (graph, AddGradients(graph, source, Loss, graph.Constant(1f), settings, parameters));
    }

    /// <summary>Ids to vectors, for scores and for batches of which only a part fits in memory at a time.</summary>
    /// <param name="withDropout">As the steps see them.</param>
    public static TrainingGraph Forward(
        OnnxGraph source, ContrastiveSettings settings, bool withDropout)
    {
        var writing = new WritingSettings(symbol => symbol != "batch_size" ? symbol : settings.Texts == 1 ? Rows : $"{settings.Texts}*{Rows}")
        {
            Dropout = withDropout ? settings.Dropout : default,
        };
        var graph = WrittenOut.Of(source, [settings.Pooled], writing);
        var vectors = settings.Pooled;
        if (settings.Mlp is var (weight, bias))
        {
            foreach (var parameter in (Parameter[])[weight, bias])
                graph.Input(parameter.Name, OnnxType.Float, [.. parameter.Shape.Select(d => (Dim)d)]);
            vectors = graph.Add("MatMul", [vectors, weight.Name]);
            vectors = graph.Add("Tanh", [graph.Add("Add", [vectors, bias.Name])]);
        }
        graph.OutputAs(vectors, Vectors);
        return graph;
    }

    /// <summary>Vectors of a whole batch to its loss, and the gradient of each vector.</summary>
    /// <param name="hidden">Of a vector.</param>
    public static TrainingGraph LossOf(ContrastiveSettings settings, long hidden)
    {
        var graph = new TrainingGraph();
        graph.Input(Vectors, OnnxType.Float, $"{settings.Texts}*{Rows}", hidden);
        AddLoss(graph, Vectors, settings);
        var gradients = ReverseMode.Add(graph, Loss, graph.Constant(1f), [Vectors], [], []);
        graph.OutputAs(gradients[Vectors][0].Value, VectorGradient);
        return graph;
    }

    /// <summary>Ids of some texts, and the gradients of their vectors, to their share of the gradient of each parameter (GradCache,
    /// arXiv 2101.06983).</summary>
    public static (TrainingGraph Graph, IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> Gradients) Backward(
        OnnxGraph source, ContrastiveSettings settings, IReadOnlyList<Parameter> parameters)
    {
        var graph = Forward(source, settings, withDropout: true);
        graph.Input(VectorGradient, OnnxType.Float, graph.Shapes[Vectors]);
        return (graph, AddGradients(graph, source, Vectors, VectorGradient, settings, parameters));
    }

    /// <summary>Ids with tokens hidden to what it costs to guess them, and the gradients of that times a weight (masked language model,
    /// arXiv 1810.04805). Logits are of the guessed tokens alone: a vocabulary may have a quarter of a million.</summary>
    public static (TrainingGraph Graph, IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> Gradients) Guesses(OnnxGraph source,
        ContrastiveSettings settings, LanguageModelHead head, double weight, IReadOnlyList<Parameter> parameters)
    {
        const string Last = "last_hidden_state";
        var graph = WrittenOut.Of(source, [Last],
            new WritingSettings(symbol => symbol == "batch_size" ? Rows : symbol) { Dropout = settings.Dropout });
        graph.Input(GuessPlaces, OnnxType.Int64, "guesses");
        graph.Input(GuessLabels, OnnxType.Int64, "guesses");
        graph.Input(GuessScale, OnnxType.Float);
        var states = graph.Add("Reshape", [Last, graph.Constants(-1, graph.Shapes[Last][^1].Value)]);
        var logits = head.Add(graph, graph.Add("Gather", [states, GuessPlaces], TrainingGraph.Int("axis", 0)));
        graph.OutputAs(CrossEntropy.Add(graph, logits, GuessLabels, GuessScale), Loss);
        return (graph, AddGradients(graph, source, Loss, graph.Constant((float)weight), settings, parameters));
    }

    /// <summary>What the outputs <c>hidden_states.N</c> are made of: the states between layers.</summary>
    public static string[] States(OnnxGraph source)
    {
        var states = source.Proto.Node.Where(n => n.Output[0].StartsWith("hidden_states.", StringComparison.Ordinal))
            .Select(n => n.Input[0]).ToHashSet();
        return [.. source.Proto.Node.SelectMany(n => n.Output).Where(states.Contains)];
    }

    private static void AddLoss(TrainingGraph graph, string vectors, ContrastiveSettings settings)
    {
        var (loss, logits) = ContrastiveLoss.Add(
            graph, vectors, settings.Texts, settings.Temperature, settings.HardNegativeWeight);
        graph.OutputAs(loss, Loss);
        graph.OutputAs(logits, Logits);
    }

    private static IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> AddGradients(TrainingGraph graph, OnnxGraph source,
        string value, string seed, ContrastiveSettings settings, IReadOnlyList<Parameter> parameters)
    {
        var gradients = ReverseMode.Add(graph, value, seed, [.. parameters.Select(p => p.Name)],
            [.. parameters.Where(p => p.IsLookedUp).Select(p => p.Name)], settings.Checkpointing ? States(source) : []);
        foreach (var output in gradients.Values.SelectMany(g => g))
        {
            graph.Output(output.Value);
            if (output.Rows is { } rows)
                graph.Output(rows, OnnxType.Int64);
        }
        return gradients;
    }
}
