namespace XlLoraOnnx.Training.Tests;

/// <summary>Steps of FLARE on the small XLM-RoBERTa that its own code made runs of.</summary>
[TestClass]
public sealed class FusionTaskTests
{
    private static readonly TrainingOptions Training = FusionTrainingOptions.TrainingDefaults with { BatchSize = 3, Threads = 1 };

    [TestMethod]
    [DataRow("add_relu", FusionFunction.AddRelu)]
    [DataRow("matmul_relu", FusionFunction.MatMulRelu)]
    [DataRow("cross-attention", FusionFunction.CrossAttention)]
    public void Run_RecordedRun_IsMet(string run, FusionFunction fusion)
    {
        using var folder = new TemporaryFolder();
        using var made = Make(folder, FusionModels.Options(fusion) with
        {
            TaskRunFolder = FusionModels.Recorded("task"),
            Padding = FusionPadding.Released,
        });
        FusionModels.Fill(made.Parts.Parameters, run);

        var (loss, logits) = made.Task.Run(FusionModels.Batch("xnli"));

        AssertClose(FusionModels.Expected(run, "logits"), logits[0], 1e-4);
        if (run == "add_relu")
            Assert.AreEqual(FusionModels.Expected(run, "loss")[0], loss, 1e-5);
    }

    [TestMethod]
    public void Run_RecordedRunWithPaddingMasked_IsMet()
    {
        using var folder = new TemporaryFolder();
        using var made = Make(folder, FusionModels.Options() with { TaskRunFolder = FusionModels.Recorded("task") });
        FusionModels.Fill(made.Parts.Parameters, "add_relu");

        var (_, logits) = made.Task.Run(FusionModels.Batch("xnli"));

        AssertClose(FusionModels.Expected("add_relu", "masked.logits"), logits[0], 1e-4);
    }

    [TestMethod]
    public void Run_RecordedRunOfAnswers_IsMet()
    {
        using var folder = new TemporaryFolder();
        using var made = Make(folder, FusionModels.Options(task: TextTask.TyDiQa) with
        {
            TaskRunFolder = FusionModels.Recorded("qa-task"),
            Padding = FusionPadding.Released,
            MaxLength = 46,
        });
        FusionModels.Fill(made.Parts.Parameters, "qa");

        var (_, logits) = made.Task.Run(FusionModels.Batch("tydiqa"));

        AssertClose(FusionModels.Expected("qa", "start_logits"), logits[0], 1e-4);
        AssertClose(FusionModels.Expected("qa", "end_logits"), logits[1], 1e-4);
    }

    [TestMethod]
    public void Run_RecordedTaskRun_IsMetWithoutASource()
    {
        using var folder = new TemporaryFolder();
        using var made = Make(folder, FusionModels.Options(fusion: null));
        FusionModels.Fill(made.Parts.Parameters, "task");

        var (_, logits) = made.Task.Run(FusionModels.Batch("xnli"));

        AssertClose(FusionModels.Expected("task", "target.logits"), logits[0], 1e-4);
    }

    [TestMethod]
    public void Parameters_OfATaskRun_BeginWithItsHead()
    {
        using var folder = new TemporaryFolder();
        using var fused = Make(folder, FusionModels.Options() with { TaskRunFolder = FusionModels.Recorded("task") });
        using var alone = Make(folder, FusionModels.Options(fusion: null), "other");
        FusionModels.Fill(alone.Parts.Parameters, "task");

        foreach (var name in (string[])["classifier.dense.weight", "classifier.out_proj.bias"])
            CollectionAssert.AreEqual(Values(alone, name), Values(fused, name), name);

        static float[] Values(Made made, string name) => made.Parts.Parameters.Single(p => p.Name == name).Values.ToArray();
    }

    /// <summary>In FLARE's code the decoders train without any fusion, whatever the source: here the source counts in every step.</summary>
    [TestMethod]
    [DataRow(FusionFunction.Add)]
    [DataRow(FusionFunction.Mul)]
    [DataRow(FusionFunction.MatMul)]
    [DataRow(FusionFunction.AddRelu)]
    [DataRow(FusionFunction.MatMulRelu)]
    [DataRow(FusionFunction.CrossAttention)]
    public void ComputeGradients_OtherSource_GivesOtherGradients(FusionFunction fusion)
    {
        using var folder = new TemporaryFolder();
        // what drops out depends on the length of a batch
        var options = FusionModels.Options(fusion) with { BaseDropout = 0 };
        using var first = Make(folder, options, "first");
        using var same = Make(folder, options, "same");
        using var other = Make(folder, options, "other", source: "red ");

        var (loss, gradients) = Step(first);

        Assert.AreEqual(loss, Step(same).Loss);
        CollectionAssert.AreEqual(gradients, Step(same).Gradients);
        Assert.AreNotEqual(loss, Step(other).Loss);
        var differences = gradients.Zip(Step(other).Gradients, (a, b) => Math.Abs(a - b)).ToArray();
        Assert.IsGreaterThan(1e-3f * gradients.Max(Math.Abs), differences.Max());
    }

    [TestMethod]
    public void ComputeGradients_PlainAdapter_DoesNotSeeTheSource()
    {
        using var folder = new TemporaryFolder();
        using var first = Make(folder, FusionModels.Options(fusion: null), "first");
        using var other = Make(folder, FusionModels.Options(fusion: null), "other", source: "red ");

        CollectionAssert.AreEqual(Step(first).Gradients, Step(other).Gradients);
    }

    [TestMethod]
    public void ComputeGradients_DropoutOfTheSource_IsThatOfItsStep()
    {
        using var folder = new TemporaryFolder();
        var options = FusionModels.Options();
        using var dropping = Make(folder, options, "a");
        using var still = Make(folder, options with { SourceDropout = false }, "b");

        Assert.AreEqual(Step(dropping).Loss, Step(dropping).Loss);
        Assert.AreNotEqual(Step(dropping).Loss, Step(still).Loss);
        Assert.AreEqual(dropping.Task.Run(dropping.Parts.Batches.Largest).Loss, still.Task.Run(still.Parts.Batches.Largest).Loss,
            "nothing drops out in an evaluation");
    }

    [TestMethod]
    public void ComputeGradients_AnyThreads_GivesTheSameBits()
    {
        using var folder = new TemporaryFolder();
        using var one = Make(folder, FusionModels.Options(FusionFunction.CrossAttention), "a");
        using var four = Make(folder, FusionModels.Options(FusionFunction.CrossAttention), "b", threads: 4);

        CollectionAssert.AreEqual(Step(one).Gradients, Step(four).Gradients);
    }

    [TestMethod]
    public void ComputeGradients_BatchesOfOtherLength_ChangeNothingWherePaddingIsMasked()
    {
        using var folder = new TemporaryFolder();
        using var made = Make(folder, FusionModels.Options(FusionFunction.MatMulRelu));
        FusionModels.Stir(made.Parts.Parameters);
        var batch = made.Parts.Batches.Largest;
        FusionExample[] examples = [.. made.Parts.Examples.Items.OrderByDescending(e => e.Length).Take(batch.Rows)];

        var (loss, _) = made.Task.Run(batch);
        var (longer, _) = made.Task.Run(new FusionBatch(examples, batch.Length + 7, 1, 1));

        Assert.AreEqual(loss, longer, 1e-5);
    }

    private static (float Loss, float[] Gradients) Step(Made made)
    {
        FusionModels.Stir(made.Parts.Parameters);
        ParameterGradient[] gradients = [.. made.Task.Parameters.Select(p => new ParameterGradient(p))];
        var loss = made.Task.ComputeGradients(0, gradients, CancellationToken.None);
        return ((float)loss.Loss, [.. gradients.SelectMany(g => g.Dense.ToArray())]);
    }

    private static Made Make(
        TemporaryFolder folder, FusionTrainingOptions options, string name = "data", string source = "", int threads = 1) =>
        new(new FusionPreparation(FusionModels.Base, FusionModels.Table(folder, options.Task, source, name), options,
            Training with { Threads = threads }, CancellationToken.None));

    private static void AssertClose(float[] expected, float[] found, double tolerance)
    {
        Assert.HasCount(expected.Length, found);
        Assert.IsLessThan(tolerance, expected.Zip(found, (a, b) => Math.Abs(a - b)).Max());
    }

    private sealed class Made(FusionPreparation preparation) : IDisposable
    {
        public FusionTaskParts Parts => preparation.Parts;

        public FusionTask Task { get; } = new(preparation.Parts);

        public void Dispose()
        {
            Task.Dispose();
            preparation.Dispose();
        }
    }
}
