using CsCheck;

namespace XlLoraOnnx.Adapters.Tests;

/// <summary>What holds of any adapters: the modes against dense arithmetic.</summary>
[TestClass]
public sealed class AdapterComposerPropertyTests
{
    private const int Iterations = 40;

    private sealed record Part(int Rank, double Alpha, bool UseRslora, float[] A, float[] B)
    {
        public double[,] Delta => PartFolder.Product(A, B, Rank, (float)(Alpha / (UseRslora ? Math.Sqrt(Rank) : Rank)));
    }

    private sealed record World(int In, int Out, Part[] Parts, double[] Factors)
    {
        public string Recipe => string.Join(" + ", Factors.Select((f, i) => FormattableString.Invariant($"({f:R}) * p{i}")));

        public double[,] Sum(Func<double, double> factor)
        {
            var sum = new double[Out, In];
            for (var i = 0; i < Parts.Length; i++)
            {
                var delta = Parts[i].Delta;
                for (var row = 0; row < Out; row++)
                {
                    for (var column = 0; column < In; column++)
                        sum[row, column] += factor(Factors[i]) * delta[row, column];
                }
            }
            return sum;
        }
    }

    [TestMethod]
    public void Compose_ExactOfAnyAdapters_EqualsDenseArithmetic() => Worlds(sameRank: false).Sample(world =>
    {
        using var folder = new TemporaryFolder();

        var report = Compose(folder, world, new CompositionOptions { Mode = CompositionMode.Exact });

        var expected = world.Sum(f => f);
        var norm = PartFolder.Norm((1, expected));
        Assert.IsLessThanOrEqualTo(1e-6 * Scale(world), PartFolder.Norm((1, PartFolder.Delta(report.Folder)), (-1, expected)));
        Assert.AreEqual(norm, report.Norm, 1e-6 * Scale(world));
        Assert.AreEqual(world.Parts.Where((_, i) => world.Factors[i] != 0).Sum(p => p.Rank), report.Modules[0].Rank);
    }, iter: Iterations);

    [TestMethod]
    public void Compose_SvdAtFullRank_EqualsExact() => Worlds(sameRank: false).Sample(world =>
    {
        using var folder = new TemporaryFolder();

        var report = Compose(folder, world, new CompositionOptions { Mode = CompositionMode.Svd, Rank = 100 });

        Assert.IsLessThanOrEqualTo(1e-5 * Scale(world),
            PartFolder.Norm((1, PartFolder.Delta(report.Folder)), (-1, world.Sum(f => f))));
        Assert.AreEqual(0, report.EnergyLost!.Value, 1e-12);
    }, iter: Iterations);

    [TestMethod]
    public void Compose_SvdAtALowerRank_LosesWhatItSays() => Worlds(sameRank: false).Sample(world =>
    {
        using var folder = new TemporaryFolder();

        var report = Compose(folder, world, new CompositionOptions { Mode = CompositionMode.Svd, Rank = 1 });

        var expected = world.Sum(f => f);
        var (norm, lost) = (PartFolder.Norm((1, expected)), PartFolder.Norm((1, PartFolder.Delta(report.Folder)), (-1, expected)));
        Assert.AreEqual(report.EnergyLost!.Value * norm * norm, lost * lost, 1e-5 * Scale(world) * Scale(world));
        Assert.AreEqual(Math.Sqrt(Math.Max(norm * norm - lost * lost, 0)), report.Norm, 1e-5 * Scale(world));
    }, iter: Iterations);

    [TestMethod]
    public void Compose_FactorOfAnyAdapters_IsTheSumOfEachFactorAndItsReportHolds() => Worlds(sameRank: true).Sample(world =>
    {
        using var folder = new TemporaryFolder();

        var report = Compose(folder, world, new CompositionOptions());

        var a = PartFolder.Tensor(report.Folder, $"base_model.model.{PartFolder.Module}.lora_A.weight");
        for (var i = 0; i < a.Length; i++)
            Assert.AreEqual(world.Parts.Select((p, k) => world.Factors[k] * p.A[i]).Sum(), a[i], 1e-4);
        var expected = world.Sum(f => f);
        var delta = PartFolder.Delta(report.Folder);
        var tolerance = 1e-5 * (Scale(world) + PartFolder.Norm((1, delta)));
        Assert.AreEqual(PartFolder.Norm((1, delta)), report.Norm, tolerance);
        if (report.Distance is { } distance)
            Assert.AreEqual(PartFolder.Norm((1, delta), (-1, expected)), distance * PartFolder.Norm((1, expected)), 1e2 * tolerance);
    }, iter: Iterations);

    [TestMethod]
    public void Compose_ASinglePart_IsThatPart() => Worlds(sameRank: true).Sample(world =>
    {
        using var folder = new TemporaryFolder();
        var single = world with { Parts = [world.Parts[0]], Factors = [1] };

        foreach (var mode in (CompositionMode[])[CompositionMode.Factor, CompositionMode.Exact])
        {
            var report = Compose(folder, single, new CompositionOptions { Mode = mode }, mode.ToString());
            CollectionAssert.AreEqual(
                single.Parts[0].A, PartFolder.Tensor(report.Folder, $"base_model.model.{PartFolder.Module}.lora_A.weight"));
            if (mode == CompositionMode.Factor)
                CollectionAssert.AreEqual(
                    single.Parts[0].B, PartFolder.Tensor(report.Folder, $"base_model.model.{PartFolder.Module}.lora_B.weight"));
            Assert.IsLessThanOrEqualTo(1e-6 * Scale(single),
                PartFolder.Norm((1, PartFolder.Delta(report.Folder)), (-1, single.Parts[0].Delta)));
        }
    }, iter: Iterations);

    /// <summary>What rounding to float32 is relative to, where terms cancel.</summary>
    private static double Scale(World world) => world.Parts.Select((p, i) => Math.Abs(world.Factors[i]) * PartFolder.Norm((1, p.Delta))).Sum() + 1e-3;

    private static CompositionReport Compose(TemporaryFolder folder, World world, CompositionOptions options, string output = "out")
    {
        var parts = world.Parts.Select((p, i) => ($"p{i}", PartFolder.Write(
            folder.File($"{output}-p{i}"), p.Rank, new Dictionary<string, (float[], float[])> { [PartFolder.Module] = (p.A, p.B) }, settings =>
            {
                settings["lora_alpha"] = p.Alpha;
                settings["use_rslora"] = p.UseRslora;
            }))).ToDictionary(p => p.Item1, p => p.Item2);
        return AdapterComposer.Compose(AdapterRecipe.Parse(world.Recipe), parts, folder.File(output), options);
    }

    private static Gen<World> Worlds(bool sameRank) =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[1, 12], Gen.Int[1, 4], Gen.Int[1, 4]).SelectMany((inFeatures, outFeatures, count, rank) =>
            Gen.Select(
                Gen.Int[1, 4].SelectMany(own => PartOf(sameRank ? rank : own, inFeatures, outFeatures)).Array[count],
                Gen.Int[1, 12].Array[count], Gen.Bool.Array[count],
                (parts, quarters, signs) => new World(inFeatures, outFeatures, parts,
                    [.. quarters.Select((q, i) => (signs[i] ? 1 : -1) * q / 4.0)])));

    private static Gen<Part> PartOf(int rank, int inFeatures, int outFeatures) => Gen.Select(
        Gen.Int[1, 32], Gen.Bool, Gen.Float[-1, 1].Array[rank * inFeatures], Gen.Float[-1, 1].Array[rank * outFeatures],
        (alpha, rslora, a, b) => new Part(rank, alpha, rslora, a, b));
}
