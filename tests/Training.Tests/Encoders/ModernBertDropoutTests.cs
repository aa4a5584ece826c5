namespace XlLoraOnnx.Training.Tests;

/// <summary>ModernBERT drops out where transformers' does.</summary>
[TestClass]
public sealed class ModernBertDropoutTests
{
    private const int Layers = 6;

    [TestMethod]
    [DataRow(0.1, 0.0, 0.0, 0.0, 1)]
    [DataRow(0.0, 0.1, 0.0, 0.0, Layers)]
    [DataRow(0.0, 0.0, 0.1, 0.0, Layers)]
    [DataRow(0.0, 0.0, 0.0, 0.1, Layers)]
    [DataRow(0.0, 0.0, 0.0, 0.0, 0)]
    public void Forward_OnePlace_DropsOutThereAlone(double embeddings, double attention, double output, double mlp, int sites)
    {
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.Folder("modernbert"));
        var graph = Graph(checkpoint, new DropoutRates(embeddings, attention, output, mlp));

        Assert.HasCount(sites, graph.Dropouts);
        var width = mlp > 0 ? 64 : attention > 0 ? (Dim)"sequence_length" : 64;
        Assert.IsTrue(graph.Dropouts.All(d => d.Shape[^1] == width && d.Shape.Length == (attention > 0 ? 4 : 3)));
    }

    /// <summary>What each place is multiplied by is an input: with ones for all, nothing is dropped.</summary>
    [TestMethod]
    public void Forward_FactorsOfOne_GivesTheStatesWithoutDropout()
    {
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.Folder("modernbert"));
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);
        var (with, without) = (Graph(checkpoint, new DropoutRates(0.1, 0.2, 0.3, 0.4)), Graph(checkpoint, default));
        var inputs = EncoderGraphCase.Inputs(with, checkpoint.Graph, parameters.All);
        var dropped = DoubleInterpreter.Run(with.Proto, inputs)[EncoderGraphs.Vectors].Values;
        foreach (var site in with.Dropouts)
            inputs[site.Input] = inputs[site.Input].With([.. inputs[site.Input].Values.Select(_ => 1.0)]);

        var expected = DoubleInterpreter.Run(without.Proto, inputs)[EncoderGraphs.Vectors].Values;

        CollectionAssert.AreEqual(expected, DoubleInterpreter.Run(with.Proto, inputs)[EncoderGraphs.Vectors].Values);
        CollectionAssert.AreNotEqual(expected, dropped);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Backward_EveryPlace_HasTheGradientsThatDifferencesAre(bool checkpointing)
    {
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.Folder("modernbert"));
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);
        var rates = new DropoutRates(0.1, 0.2, 0.3, 0.4);
        var settings = Settings(rates) with { Checkpointing = checkpointing };
        var (graph, gradients) = EncoderGraphs.Backward(checkpoint.Graph, settings, parameters.All);
        var seed = Tensor64.Floats([2, 64], [.. TrainingSteps.Numbers(128, 9).Select(v => (double)v)]);
        var inputs = EncoderGraphCase.Inputs(graph, checkpoint.Graph, parameters.All, (EncoderGraphs.VectorGradient, seed));
        var values = DoubleInterpreter.Run(graph.Proto, inputs);
        var forward = Graph(checkpoint, rates);
        forward.Input(EncoderGraphs.VectorGradient, OnnxType.Float, 2, 64);
        var product = forward.Add("Mul", [EncoderGraphs.Vectors, EncoderGraphs.VectorGradient]);
        var sum = forward.Add("ReduceSum", [product, forward.Constants(0, 1)], TrainingGraph.Int("keepdims", 0));
        foreach (var name in (string[])["model.embeddings.norm.weight", "model.layers.1.mlp_norm.weight"])
        {
            var parameter = parameters.All.Single(p => p.Name == name);
            FiniteDifferences.Check(
                forward.Proto, sum, name, inputs, EncoderGraphCase.Gradient(values, gradients[name], parameter));
        }
    }

    private static ContrastiveSettings Settings(DropoutRates rates) => new(EncoderPooler.AvgFirstLast.Output(), 1) { Dropout = rates };

    private static TrainingGraph Graph(EncoderCheckpoint checkpoint, DropoutRates rates) =>
        EncoderGraphs.Forward(checkpoint.Graph, Settings(rates), withDropout: true);
}
