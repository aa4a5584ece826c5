namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class AdamWTests
{
    [TestMethod]
    public void Step_FirstStep_MovesByTheLearningRateAgainstTheSign()
    {
        using var trained = new Trained([1, 1, -2, 3], TrainingSteps.Plain);
        trained.Step([0.5f, -20, 1e-3f, 0], 0.1);
        // m̂ = g and v̂ = g² after one step: g / (|g| + 1e-8)
        Assert.AreEqual(0.9f, trained.Values[0], 1e-6f);
        Assert.AreEqual(1.1f, trained.Values[1], 1e-6f);
        Assert.AreEqual(-2.1f, trained.Values[2], 2e-6f);
        Assert.AreEqual(3, trained.Values[3]);
        Assert.AreEqual(0.05f, trained.First[0], 1e-8f);
        Assert.AreEqual(0.00025f, trained.Second[0], 1e-9f);
        Assert.AreEqual(1, trained.Steps);
    }

    [TestMethod]
    [DataRow(0.9, 0.999, 0.0)]
    [DataRow(0.9, 0.999, 0.1)]
    [DataRow(0.8, 0.95, 0.01)]
    [DataRow(0.3, 0.5, 0.0)]
    public void Step_TwentySteps_AreThePapersInDoublePrecision(double beta1, double beta2, double decay)
    {
        var start = TrainingSteps.Numbers(1003, 1);
        var options = TrainingSteps.Plain with { AdamBeta1 = beta1, AdamBeta2 = beta2, WeightDecay = decay };
        using var trained = new Trained(start, options);
        var (p, m, v) = (start.Select(x => (double)x).ToArray(), new double[start.Length], new double[start.Length]);
        for (var t = 1; t <= 20; t++)
        {
            var (g, rate) = (TrainingSteps.Numbers(start.Length, (ulong)t + 1), 0.01 / t);
            trained.Step(g, rate);
            for (var i = 0; i < p.Length; i++)
            {
                m[i] = beta1 * m[i] + (1 - beta1) * g[i];
                v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
                var (mean, square) = (m[i] / (1 - Math.Pow(beta1, t)), v[i] / (1 - Math.Pow(beta2, t)));
                p[i] = p[i] - rate * decay * p[i] - rate * mean / (Math.Sqrt(square) + 1e-8);
            }
        }
        for (var i = 0; i < p.Length; i++)
        {
            Assert.AreEqual(p[i], trained.Values[i], 1e-6, $"element {i}");
            Assert.AreEqual(m[i], trained.First[i], 1e-6, $"element {i}");
        }
    }

    [TestMethod]
    public void Step_ManyElements_HaveTheBitsOfTorchsOrderOfOperations()
    {
        const double Beta1 = 0.9, Beta2 = 0.999, Rate = 3e-4, Decay = 0.01;
        var start = TrainingSteps.Numbers(77, 1);
        using var trained = new Trained(start, TrainingSteps.Plain with { WeightDecay = Decay });
        var (p, m, v) = (start.ToArray(), new float[77], new float[77]);
        for (var t = 1; t <= 5; t++)
        {
            var g = TrainingSteps.Numbers(77, (ulong)t + 1);
            trained.Step(g, Rate, 0.25f);
            var (stepSize, root) = ((float)-(Rate / (1 - Math.Pow(Beta1, t))), (float)Math.Sqrt(1 - Math.Pow(Beta2, t)));
            for (var i = 0; i < p.Length; i++)
            {
                var clipped = g[i] * 0.25f;
                p[i] *= (float)(1 - Rate * Decay);
                m[i] += (float)(1 - Beta1) * (clipped - m[i]);
                v[i] *= (float)Beta2;
                v[i] += (float)(1 - Beta2) * clipped * clipped;
                p[i] += stepSize * m[i] / (MathF.Sqrt(v[i]) / root + 1e-8f);
            }
        }
        CollectionAssert.AreEqual(p, trained.Values);
        CollectionAssert.AreEqual(m, trained.First);
        CollectionAssert.AreEqual(v, trained.Second);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(65_536 + 13)]
    public void Step_Threads_GiveTheSameBits(int width)
    {
        var start = TrainingSteps.Numbers(3 * width, 1);
        var results = new[] { 1, 2, 5 }.Select(threads =>
        {
            using var trained = new Trained(start, TrainingSteps.Plain with { Threads = threads, WeightDecay = 0.1 });
            for (var t = 1; t <= 3; t++)
                trained.Step(TrainingSteps.Numbers(start.Length, (ulong)t + 1), 1e-2);
            return (trained.Values, trained.First, trained.Second);
        }).ToArray();
        foreach (var (values, first, second) in results[1..])
        {
            CollectionAssert.AreEqual(results[0].Values, values);
            CollectionAssert.AreEqual(results[0].First, first);
            CollectionAssert.AreEqual(results[0].Second, second);
        }
        CollectionAssert.AreNotEqual(start, results[0].Values);
    }

    [TestMethod]
    public void Step_NoGradient_LeavesTheParameterAndItsCountAsTheyAre()
    {
        using var trained = new Trained([1, 2], TrainingSteps.Plain with { WeightDecay = 0.5 });
        trained.Step([1, 1], 0.1);
        var before = trained.Values;
        trained.Step(null, 0.1);
        CollectionAssert.AreEqual(before, trained.Values);
        Assert.AreEqual(1, trained.Steps);
    }

    [TestMethod]
    [DataRow("encoder.layer.0.output.dense.weight", true)]
    [DataRow("embeddings.word_embeddings.weight", true)]
    [DataRow("encoder.layer.0.output.dense.bias", false)]
    [DataRow("encoder.layer.0.output.LayerNorm.weight", false)]
    [DataRow("layers.0.attn_norm.weight", false)]
    [DataRow("embeddings.norm.weight", false)]
    [DataRow("model.norm", false)]
    [DataRow("layers.0.normaliser.weight", true)]
    [DataRow("layers.0.self_attn.q_proj.lora_A.weight", true)]
    public void Decays_Names_AreThoseOfTransformers(string name, bool expected) => Assert.AreEqual(expected, AdamW.Decays(name));

    [TestMethod]
    public void Step_WeightDecay_LeavesBiasesAlone()
    {
        var options = TrainingSteps.Plain with { WeightDecay = 0.5 };
        using var weight = new Trained([2], options);
        using var bias = new Trained([2], options, "dense.bias");
        weight.Step([0], 0.1);
        bias.Step([0], 0.1);
        Assert.AreEqual(1.9f, weight.Values[0], 1e-6f);
        Assert.AreEqual(2, bias.Values[0]);
    }

    [TestMethod]
    public void Step_GradientOfAnotherKindOrParameter_IsRefused()
    {
        using var dense = new Parameter("dense", [4]);
        using var table = new Parameter("table", [2, 2], isTable: true);
        dense.Values.Clear();
        table.Values.Clear();
        using var optimizer = new AdamW([dense, table], TrainingSteps.Plain);
        var (ofDense, ofTable) = (new ParameterGradient(dense), new ParameterGradient(table));
        Assert.ThrowsExactly<ArgumentException>(() => optimizer.Step([ofTable, ofDense], 0.1));
        ofTable.Add([1, 1, 1, 1]);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => optimizer.Step([ofDense, ofTable], 0.1)).Message, "'table'");
    }
}
