namespace XlLoraOnnx.Training;

/// <summary>
/// The head of a masked language model (arXiv 1810.04805) as the checkpoint has it: a linear layer, an activation and a norm, then the
/// product with the table of words, to which it is tied. It is trained with the encoder.
/// </summary>
internal sealed class LanguageModelHead : IDisposable
{
    // transformers, models/bert/modeling_bert.py (BertLMPredictionHead), models/xlm_roberta/modeling_xlm_roberta.py (XLMRobertaLMHead),
    // models/distilbert/modeling_distilbert.py (DistilBertForMaskedLM), models/modernbert/modeling_modernbert.py (ModernBertForMaskedLM)
    private static readonly Dictionary<string, TensorNames> Families = new()
    {
        ["bert"] = new("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
            "cls.predictions.bias", "cls.predictions.decoder.bias"),
        ["xlm-roberta"] = new("lm_head.dense", "lm_head.layer_norm", "lm_head.bias", "lm_head.decoder.bias"),
        ["distilbert"] = new("vocab_transform", "vocab_layer_norm", "vocab_projector.bias"),
        ["modernbert"] = new("head.dense", "head.norm", "decoder.bias"),
    };

    private readonly Dictionary<string, Parameter> _parameters = [];
    private readonly TensorNames _names;
    private readonly string _activation;
    private readonly float _epsilon;

    /// <exception cref="NotSupportedException">The checkpoint has no head, or one of another kind.</exception>
    /// <exception cref="InvalidDataException">Parts of it are missing, or of another shape.</exception>
    public LanguageModelHead(EncoderCheckpoint checkpoint)
    {
        var (config, family) = (checkpoint.Config, checkpoint.Family);
        _names = Families[family];
        if (!config.Bool("tie_word_embeddings", true))
            throw new NotSupportedException($"{config.Describe("tie_word_embeddings")}: a masked language model is trained where its head "
                + "is tied to the word embeddings. Leave the masked-language-model loss out.");
        _activation = ActivationOf(config, family);
        _epsilon = (float)(family == "distilbert" ? 1e-12
            : config.PositiveNumber(family == "modernbert" ? "norm_eps" : "layer_norm_eps", family == "modernbert" ? 1e-5 : 1e-12));
        Table = checkpoint.WordTable;
        var (vocabulary, hidden) = (checkpoint.Dimensions.VocabSize, checkpoint.Dimensions.HiddenSize);
        var isModern = family == "modernbert";
        List<(string[] Names, long[] Shape)> tensors = [([_names.Weight], [hidden, hidden]), ([_names.NormWeight], [hidden])];
        if (!isModern || config.Bool("classifier_bias", false))
            tensors.Add(([_names.DenseBias], [hidden]));
        if (!isModern)
            tensors.Add(([_names.NormBias], [hidden]));
        if (!isModern || config.Bool("decoder_bias", true))
            tensors.Add((_names.Bias, [vocabulary]));
        CheckPresent(checkpoint, tensors);
        try
        {
            foreach (var (names, shape) in tensors)
            {
                var parameter = new Parameter(names[0], shape);
                _parameters.Add(names[0], parameter);
                checkpoint.Read(names.First(checkpoint.Has), shape, parameter.Values);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Under the names of the checkpoint; the table of words is none of them.</summary>
    public IReadOnlyList<Parameter> Parameters => [.. _parameters.Values];

    /// <summary>The initializer of the encoder that it multiplies with, [vocabulary, hidden].</summary>
    public string Table { get; }

    /// <param name="states">[n, hidden]</param>
    /// <returns>Logits, [n, vocabulary].</returns>
    public string Add(TrainingGraph graph, string states)
    {
        foreach (var parameter in _parameters.Values)
            graph.Input(parameter.Name, OnnxType.Float, [.. parameter.Shape.Select(d => (Dim)d)]);
        var x = AddBias(graph, Multiply(graph, states, _names.Weight), _names.DenseBias);
        x = Activate(graph, x);
        string[] norm = _parameters.ContainsKey(_names.NormBias) ? [x, _names.NormWeight, _names.NormBias] : [x, _names.NormWeight];
        x = graph.Add("LayerNormalization", norm, TrainingGraph.Int("axis", -1), TrainingGraph.Float("epsilon", _epsilon));
        return AddBias(graph, Multiply(graph, x, Table), _names.Bias[0]);
    }

    public void Dispose()
    {
        foreach (var parameter in _parameters.Values)
            parameter.Dispose();
    }

    private static string Multiply(TrainingGraph graph, string x, string weight) =>
        graph.Add("FusedMatMul", [x, weight], TrainingGraph.Int("transA", 0), TrainingGraph.Int("transB", 1));

    private string AddBias(TrainingGraph graph, string x, string bias) =>
        _parameters.ContainsKey(bias) ? graph.Add("Add", [x, bias]) : x;

    private string Activate(TrainingGraph graph, string x) => _activation switch
    {
        "gelu" => graph.Add("Gelu", [x]),
        "relu" => graph.Add("Relu", [x]),
        "silu" => graph.Add("Mul", [x, graph.Add("Sigmoid", [x])]),
        _ => graph.Add("Gelu", [x], TrainingGraph.Text("approximate", "tanh")),
    };

    private static string ActivationOf(ConfigReader config, string family)
    {
        // RoBERTa's head has gelu, whatever hidden_act says
        if (family == "xlm-roberta")
            return "gelu";
        var field = family switch { "distilbert" => "activation", "modernbert" => "classifier_activation", _ => "hidden_act" };
        var name = config.OptionalString(field) ?? "gelu";
        return Activations.IsSupported(name) ? name : throw new NotSupportedException(
            $"{config.Describe(field)}; the head of a masked language model is trained with {Activations.Supported}.");
    }

    private static void CheckPresent(EncoderCheckpoint checkpoint, List<(string[] Names, long[] Shape)> tensors)
    {
        var missing = tensors.Where(t => !t.Names.Any(checkpoint.Has)).Select(t => t.Names[0]).ToArray();
        if (missing.Length == tensors.Count)
            throw new NotSupportedException($"'{checkpoint.Folder}' has no head of a masked language model: "
                + $"{string.Join(", ", missing)} are not there. transformers would draw one at random in silence, which would teach the "
                + "encoder noise. Train a checkpoint that was saved with its head (architectures …ForMaskedLM), or leave the "
                + "masked-language-model loss out.");
        if (missing.Length > 0)
            throw new InvalidDataException($"'{checkpoint.Folder}' has a part of the head of a masked language model alone; it lacks "
                + $"{string.Join(", ", missing)}. Take a whole checkpoint, or leave the masked-language-model loss out.");
    }

    /// <param name="Bias">Of the decoder: names that it may have, the first of which it has in training.</param>
    private sealed record TensorNames(string Dense, string Norm, params string[] Bias)
    {
        public string Weight => Dense + ".weight";
        public string DenseBias => Dense + ".bias";
        public string NormWeight => Norm + ".weight";
        public string NormBias => Norm + ".bias";
    }
}
