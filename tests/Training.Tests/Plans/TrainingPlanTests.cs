namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TrainingPlanTests
{
    private const string Data = "sent0,sent1,hard_neg\nbread,the bread,water\nthe cook,a cook,the teacher\nwater,the water,bread\n";

    [TestMethod]
    public async Task PlanAsync_OfAnEncoder_CountsAndMeasuresAndWritesNothing()
    {
        using var folder = new TemporaryFolder();
        var data = folder.Write("data.csv", Data);
        var before = Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories);

        var plan = await EncoderTrainer.PlanAsync(Repository.DemoEncoder(), data, training: new() { BatchSize = 2, Epochs = 4 });

        CollectionAssert.AreEqual(before, Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories));
        Assert.AreEqual((3, 2, 2, 8L, 6), (plan.Rows, plan.BatchesPerEpoch, plan.StepsPerEpoch, plan.Steps, plan.Texts));
        using var checkpoint = EncoderCheckpoint.Open(Repository.DemoEncoder());
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);
        Assert.AreEqual((parameters.Count, 4 * parameters.Count, 0L), (plan.TrainableParameters, plan.WeightBytes, plan.FrozenBytes));
        Assert.IsTrue(plan.Fits && plan.Advice.Count == 0);
        Assert.IsGreaterThan(TimeSpan.Zero, plan.StepTime!.Value);
        Assert.AreEqual(8 * plan.StepTime, plan.TotalTime);
    }

    [TestMethod]
    public async Task PlanAsync_OfAnAdapter_HasLessFrozenBytesInFewBits()
    {
        using var folder = new TemporaryFolder();
        var data = folder.WritePositives(5);
        var training = AdapterTrainingOptions.TrainingDefaults with { BatchSize = 2, Epochs = 1 };

        var plans = new List<TrainingPlan>();
        foreach (var precision in Enum.GetValues<AdapterBasePrecision>())
        {
            plans.Add(await AdapterTrainer.PlanAsync(Repository.Demo("base"), data,
                AdapterFiles.Positive with { BasePrecision = precision, GradientAccumulation = 2 }, training));
        }

        Assert.AreEqual((5, 3, 2, 2L), (plans[0].Rows, plans[0].BatchesPerEpoch, plans[0].StepsPerEpoch, plans[0].Steps));
        Assert.AreEqual(4 * plans[0].FrozenParameters, plans[0].FrozenBytes);
        Assert.IsTrue(plans[0].FrozenBytes > plans[1].FrozenBytes && plans[1].FrozenBytes > plans[2].FrozenBytes);
        Assert.AreEqual(plans[0].FrozenParameters, plans[2].FrozenParameters);
        Assert.IsTrue(plans.All(p => p.ActivationBytes > 0 && p.StepTime > TimeSpan.Zero));
        // where most is there at a time, two rows of logits are, or a weight that is written out is larger
        Assert.IsGreaterThan(0, plans[0].LogitsBytes);
    }

    [TestMethod]
    public void Of_CheckpointingAndChunks_TakeLess()
    {
        var whole = Memory(chunk: null, checkpointing: false);

        Assert.IsLessThan(whole / 2, Memory(chunk: null, checkpointing: true));
        Assert.IsLessThan(whole / 4, Memory(chunk: 24, checkpointing: false));
    }

    [TestMethod]
    public void Of_AChainThatNothingGoesBackThrough_IsTwoValuesAtATime()
    {
        var graph = new TrainingGraph();
        graph.Input("x", OnnxType.Float, "n", 10);
        graph.Input("w", OnnxType.Float, 10, 10);
        var y = graph.Add("MatMul", [graph.Add("MatMul", [graph.Add("MatMul", ["x", "w"]), "w"]), "w"]);
        graph.Output(graph.Add("Tanh", [y]));

        var memory = WorkMemory.Of(graph, new Dictionary<string, long> { ["n"] = 100 }, logits: null);

        Assert.AreEqual(2 * 100 * 10 * 4, memory.Activations);
    }

    private static long Memory(int? chunk, bool checkpointing)
    {
        using var checkpoint = EncoderCheckpoint.Open(Repository.DemoEncoder());
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);
        var settings = new ContrastiveSettings(EncoderPooler.AvgFirstLast.Output(), 3) { Checkpointing = checkpointing };
        using var steps = new EncoderSteps(checkpoint.Graph, settings, parameters.All, chunk, threads: 0, seed: 5);
        int[][] texts = [.. Enumerable.Range(0, 192).Select(_ => Enumerable.Repeat(7, 32).ToArray())];
        return steps.Memory(new EncoderBatch(texts, padTokenId: 1) { TextsPerRow = 3, Rows = [.. Enumerable.Range(0, 64)] }).Activations;
    }
}
