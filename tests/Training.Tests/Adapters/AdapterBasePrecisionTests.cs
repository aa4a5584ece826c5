using XlLoraOnnx.Adapters;

namespace XlLoraOnnx.Training.Tests;

/// <summary>Bases in a few bits, beside float bases that were quantised and dequantised before.</summary>
[TestClass]
public sealed class AdapterBasePrecisionTests
{
    private static readonly TrainingOptions Training = AdapterTrainingOptions.TrainingDefaults with { Epochs = 1, BatchSize = 3, MaxSteps = 2 };

    [TestMethod]
    [DataRow(AdapterBasePrecision.Int8, false)]
    [DataRow(AdapterBasePrecision.Nf4, false)]
    [DataRow(AdapterBasePrecision.Nf4, true)]
    public void ComputeGradients_OfAQuantisedBase_AreThoseOfTheDequantisedWeights(AdapterBasePrecision precision, bool checkpointing)
    {
        using var folder = new TemporaryFolder();
        using var model = AdapterBase.Open(Repository.Demo("base"));
        var data = folder.WritePositives(3);

        var expected = Gradients(model, data, AdapterBasePrecision.Fp32, Dequantized(model, precision), checkpointing: false);
        var found = Gradients(model, data, precision, new FrozenWeights(model, precision), checkpointing);
        var exact = Gradients(model, data, AdapterBasePrecision.Fp32, new FrozenWeights(model, AdapterBasePrecision.Fp32), false);

        var largest = expected.Max(MathF.Abs);
        for (var i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], found[i], 1e-6f * largest, $"[{i}]");
        Assert.AreNotEqual(exact[0], found[0], 1e-5f);
    }

    [TestMethod]
    public void Describe_Precisions_SaysTheBytesThatAreThere()
    {
        using var model = AdapterBase.Open(Repository.Demo("base"));
        var bytes = Enum.GetValues<AdapterBasePrecision>().Select(p => FrozenWeights.Describe(model, p).Bytes).ToArray();
        using var frozen = new FrozenWeights(model, AdapterBasePrecision.Nf4);

        Assert.AreEqual(bytes[2], frozen.Floats.Sum(p => 4L * p.Length)
            + frozen.Quantized.Sum(q => (long)q.Value.GetTensorMutableRawData().Length));
        Assert.IsLessThan(bytes[0], bytes[1]);
        Assert.IsLessThan(bytes[1], bytes[2]);
    }

    [TestMethod]
    public void Train_OnNf4_WritesAnAdapterAndSaysSo()
    {
        using var folder = new TemporaryFolder();

        var report = Train(folder, AdapterBasePrecision.Nf4, parts => new AdapterTask(parts));

        Assert.AreEqual(AdapterBasePrecision.Nf4, report.BasePrecision);
        StringAssert.Contains(File.ReadAllText(Path.Combine(report.Folder, "README.md")), "| precision of the base in training | nf4 |");
        using var model = AdapterBase.Open(Repository.Demo("base"));
        using var adapter = PeftAdapter.Open(report.Folder, model.Slots);
        Assert.HasCount(model.Slots.Count, adapter.Modules);
    }

    [TestMethod]
    public void Train_TakenUpWithAnotherPrecision_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        Assert.ThrowsExactly<TrainingInterruptedException>(() => Train(folder, AdapterBasePrecision.Nf4, parts => new AdapterTask(parts),
            new Cancelling(cancellation), cancellation.Token));

        var e = Assert.ThrowsExactly<IOException>(() => Train(folder, AdapterBasePrecision.Int8, parts => new AdapterTask(parts)));

        StringAssert.Contains(e.Message, "base_precision (was nf4, is int8)");
    }

    private static AdapterTrainingReport Train(TemporaryFolder folder, AdapterBasePrecision precision,
        Func<AdapterTaskParts, ITrainingTask> createTask, IProgress<TrainingProgress>? progress = null, CancellationToken token = default) =>
        AdapterTrainer.Train(Repository.Demo("base"), folder.WritePositives(6), folder.File("out"),
            AdapterFiles.Positive with { BasePrecision = precision }, Training, createTask, progress, token);

    /// <summary>The float weights of what the quantised ones stand for.</summary>
    private static FrozenWeights Dequantized(AdapterBase model, AdapterBasePrecision precision)
    {
        var quantization = WeightQuantization.Of(precision)!;
        var frozen = new FrozenWeights(model, AdapterBasePrecision.Fp32);
        foreach (var dims in model.Graph.ExternalTensors.Select(t => t.Proto).Where(WeightQuantization.Takes))
        {
            var values = frozen.Floats.Single(p => p.Name == dims.Name).Values;
            var (columns, rows) = ((int)dims.Dims[0], (int)dims.Dims[1]);
            var turned = new float[values.Length];
            for (var i = 0; i < values.Length; i++)
                turned[i % rows * columns + i / rows] = values[i];
            var restored = WeightQuantizationTests.Restored(quantization, turned, rows, columns);
            for (var i = 0; i < values.Length; i++)
                values[i] = restored[i % rows * columns + i / rows];
        }
        return frozen;
    }

    /// <returns>The loss, then the gradients.</returns>
    private static float[] Gradients(
        AdapterBase model, string data, AdapterBasePrecision precision, FrozenWeights frozen, bool checkpointing)
    {
        var options = AdapterFiles.Positive with { BasePrecision = precision, Checkpointing = checkpointing, Dropout = 0 };
        var examples = AdapterFiles.Encode(data, options);
        var parameters = LoraParameters.Create(model.Slots, options.Rank, seed: 1);
        foreach (var parameter in parameters)
            TrainingSteps.Numbers(parameter.Length, 5).Select(v => 0.02f * v).ToArray().CopyTo(parameter.Values);
        var parts = new AdapterTaskParts
        {
            Base = model,
            Parameters = parameters,
            Examples = examples,
            Batches = new AdapterBatches(examples.Items, 3, 1, examples.PadTokenId, seed: 1),
            DevBatches = [],
            Options = options,
            Training = Training,
            Fingerprint = "",
        };
        using var task = new AdapterTask(parts, frozen);
        var gradients = parameters.Select(p => new ParameterGradient(p)).ToArray();
        var loss = task.ComputeGradients(0, gradients, CancellationToken.None).Loss;
        float[] all = [(float)loss, .. gradients.SelectMany(g => g.Dense.ToArray())];
        foreach (var parameter in parameters)
            parameter.Dispose();
        return all;
    }

    private sealed class Cancelling(CancellationTokenSource cancellation) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == 1)
                cancellation.Cancel();
        }
    }
}
