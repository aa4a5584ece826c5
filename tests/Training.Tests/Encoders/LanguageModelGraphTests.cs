namespace XlLoraOnnx.Training.Tests;

/// <summary>What it costs to guess tokens, and its gradients, in double precision.</summary>
[TestClass]
public sealed class LanguageModelGraphTests
{
    private const double Weight = 0.25;

    private static readonly long[] Places = [1, 2, 5], Labels = [900, 30, 411];

    /// <summary>Of the head, of the table that is looked up and multiplied with, and of the encoder below.</summary>
    [TestMethod]
    [DataRow("xlm-roberta", 1320, "lm_head.dense.weight model.embeddings.word_embeddings.weight lm_head.bias", false)]
    [DataRow("bert", 1577, "cls.predictions.transform.LayerNorm.weight model.embeddings.LayerNorm.bias", true)]
    [DataRow("modernbert", 2000, "head.norm.weight decoder.bias model.layers.3.mlp_norm.weight", false)]
    public void Guesses_Gradients_AreWhatDifferencesAre(string model, int words, string names, bool checkpointing)
    {
        using var built = new Built(model, words, checkpointing);
        var values = DoubleInterpreter.Run(built.Graph.Proto, built.Inputs);
        var forward = Forward(built.Graph.Proto);
        foreach (var name in names.Split(' '))
        {
            var parameter = built.Parameters.Single(p => p.Name == name);
            var gradient = EncoderGraphCase.Gradient(values, built.Gradients[name], parameter);
            gradient = gradient.With([.. gradient.Values.Select(v => v / Weight)]);
            FiniteDifferences.Check(forward, EncoderGraphs.Loss, name, built.Inputs, gradient);
        }
        OrtCheck.Check(built.Graph.Proto, built.Inputs,
            [EncoderGraphs.Loss, .. names.Split(' ').SelectMany(name => built.Gradients[name]).Select(g => g.Value)]);
    }

    /// <summary>XLMRobertaLMHead of transformers, written down once more.</summary>
    [TestMethod]
    public void Guesses_Loss_IsThatOfTheHead()
    {
        using var built = new Built("xlm-roberta", 1320, checkpointing: false);
        var values = DoubleInterpreter.Run(built.Graph.Proto, built.Inputs);
        var states = values["last_hidden_state"].Values.Chunk(64).ToArray();
        double[] Parameter(string name) => built.Inputs[name].Values;
        var (dense, bias) = (Parameter("lm_head.dense.weight").Chunk(64).ToArray(), Parameter("lm_head.dense.bias"));
        var table = Parameter("model.embeddings.word_embeddings.weight").Chunk(64).ToArray();
        var loss = 0.0;
        foreach (var (place, label) in Places.Zip(Labels))
        {
            double[] x = [.. dense.Select((row, i) => Gelu(Dot(row, states[place]) + bias[i]))];
            var (mean, variance) = (x.Average(), x.Average(v => v * v) - Math.Pow(x.Average(), 2));
            x = [.. x.Select((v, i) => (v - mean) / Math.Sqrt(variance + 1e-5) * Parameter("lm_head.layer_norm.weight")[i]
                + Parameter("lm_head.layer_norm.bias")[i])];
            double[] logits = [.. table.Select((row, i) => Dot(row, x) + Parameter("lm_head.bias")[i])];
            loss += (Math.Log(logits.Sum(Math.Exp)) - logits[label]) / Places.Length;
        }
        Assert.AreEqual(loss, values[EncoderGraphs.Loss].ToScalar(), 1e-6);

        static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
        static double Gelu(double x) => x / 2 * (1 + ElementwiseOperators.Erf(x / Math.Sqrt(2)));
    }

    /// <summary>The nodes before the first of the gradients, which the loss is the last of.</summary>
    private static GraphProto Forward(GraphProto graph)
    {
        var forward = graph.Clone();
        var last = forward.Node.Index().Single(n => n.Item.Output.Contains(EncoderGraphs.Loss)).Index;
        while (forward.Node.Count > last + 1)
            forward.Node.RemoveAt(last + 1);
        return forward;
    }

    private sealed class Built : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly EncoderCheckpoint _checkpoint;
        private readonly LanguageModelHead _head;
        private readonly CheckpointParameters _encoder;

        public Built(string model, int words, bool checkpointing)
        {
            _checkpoint = EncoderCheckpoint.Open(EncoderModels.WithHead(_folder, model, 64, words));
            _head = new LanguageModelHead(_checkpoint);
            _encoder = new CheckpointParameters(_checkpoint.Weights, _checkpoint.Graph, _head.Table);
            Parameters = [.. _encoder.All, .. _head.Parameters];
            var settings = new ContrastiveSettings(EncoderPooler.Avg.Output(), 3)
            {
                Dropout = new DropoutRates(0.1, 0.1, 0.1, 0.1),
                Checkpointing = checkpointing,
            };
            (Graph, Gradients) = EncoderGraphs.Guesses(_checkpoint.Graph, settings, _head, Weight, Parameters);
            Inputs = EncoderGraphCase.Inputs(Graph, _checkpoint.Graph, Parameters,
                (EncoderGraphs.GuessPlaces, Tensor64.Longs([3], Places)), (EncoderGraphs.GuessLabels, Tensor64.Longs([3], Labels)),
                (EncoderGraphs.GuessScale, Tensor64.Scalar(1.0 / 3)));
        }

        public IReadOnlyList<Parameter> Parameters { get; }

        public TrainingGraph Graph { get; }

        public IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> Gradients { get; }

        public Dictionary<string, Tensor64> Inputs { get; }

        public void Dispose()
        {
            _encoder.Dispose();
            _head.Dispose();
            _checkpoint.Dispose();
            _folder.Dispose();
        }
    }
}
