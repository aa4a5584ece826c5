namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class TokenSamplerTests
{
    private static readonly SamplingOptions Sample = new() { DoSample = true };

    [TestMethod]
    [DataRow(1, 3000, 5, 60)]
    [DataRow(2, 1500, 60, 600)]
    [DataRow(3, 300, 600, 5000)]
    public void Choose_RandomCases_KeepsAndDrawsWhatTheSlowVersionDoes(int seed, int cases, int smallest, int largest)
    {
        var random = new Random(seed);
        var (sampler, distribution) = (new TokenSampler(), new TokenDistribution());
        int close = 0;
        for (int i = 0; i < cases; i++)
        {
            float[] logits = Logits(random, random.Next(smallest, largest + 1));
            var options = Options(random, logits.Length);
            var (prompt, generated) = (Tokens(random, logits.Length), Tokens(random, logits.Length));
            var row = new RowRandom(seed, i, null, 0);

            float[] penalized = SamplingOracle.Penalize(logits, options, prompt, generated);
            var (kept, closest) = SamplingOracle.Keep(penalized, options);
            float[] scaled = [.. penalized.Select(l => l / options.Temperature)];
            distribution.Fill(scaled, scaled.Max(), options);
            int token = sampler.Choose(logits, options, prompt, generated, row);

            // Weights are float32: where the cut is nearer than that, either side is right.
            if (closest < 1e-6)
            {
                close++;
                continue;
            }
            CollectionAssert.AreEqual(kept.Keys, Kept(distribution), $"case {i}, vocabulary {logits.Length}: {options}");
            double number = row.Next(generated.Length);
            var accepted = new[] { number - 1e-6, number, number + 1e-6 }.Select(n => SamplingOracle.Draw(kept, n));
            CollectionAssert.Contains(accepted.ToArray(), token, $"case {i}, vocabulary {logits.Length}: {options}");
        }
        Assert.IsLessThan(cases / 100, close, "cases that decide nothing");
    }

    [TestMethod]
    [DataRow(1, 2000)]
    public void Choose_GreedyRandomCases_TakesTheLowestIdOfTheLargest(int seed, int cases)
    {
        var random = new Random(seed);
        var sampler = new TokenSampler();
        for (int i = 0; i < cases; i++)
        {
            float[] logits = Logits(random, random.Next(1, 300));
            var options = Options(random, logits.Length) with { DoSample = false };
            var (prompt, generated) = (Tokens(random, logits.Length), Tokens(random, logits.Length));
            float[] expected = SamplingOracle.Penalize(logits, options, prompt, generated);

            int token = sampler.Choose(logits, options, prompt, generated, default);

            Assert.AreEqual(Enumerable.Range(0, expected.Length).MaxBy(t => (expected[t], -t)), token, $"case {i}: {options}");
        }
    }

    [TestMethod]
    public void Choose_GreedyZeroAndMinusZero_AreATie() =>
        Assert.AreEqual(1, new TokenSampler().Choose([-1, -0f, 0f, 0f], SamplingOptions.Greedy, [], [], default));

    [TestMethod]
    public void Choose_RepetitionPenalty_CountsEachTokenOnceAndForgetsItForTheNextRow()
    {
        var (sampler, options) = (new TokenSampler(), SamplingOptions.Greedy with { RepetitionPenalty = 2 });

        float[] logits = [8, 3, -1];
        sampler.Choose(logits, options, [0, 0, 2], [0, 2], default);
        CollectionAssert.AreEqual(new float[] { 4, 3, -2 }, logits);

        logits = [8, 3, -1];
        sampler.Choose(logits, options, [1], [], default);
        CollectionAssert.AreEqual(new float[] { 8, 1.5f, -1 }, logits);
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(3)]
    public void Choose_TokenWithoutALogit_IsNamed(int token)
    {
        var e = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() =>
            new TokenSampler().Choose([1, 2, 3], SamplingOptions.Greedy with { RepetitionPenalty = 2 }, [0], [token], default));

        StringAssert.Contains(e.Message, $"A token id is {token}; the logits are those of 0 to 2.");
    }

    [TestMethod]
    // Where the cumulative probability and 1 − top_p differ in the last bit at most.
    [DataRow(0.9f, 9)]
    [DataRow(0.8f, 8)]
    [DataRow(0.7f, 7)]
    [DataRow(0.5f, 5)]
    [DataRow(0.05f, 1)]
    [DataRow(1e-30f, 1)]
    public void Fill_TopPOfEqualLogits_KeepsTheLowestIds(float topP, int kept)
    {
        var distribution = new TokenDistribution();
        distribution.Fill(new float[10], 0, Sample with { TopP = topP });
        CollectionAssert.AreEqual(Enumerable.Range(0, kept).ToArray(), Kept(distribution));
    }

    [TestMethod]
    public void Fill_TopKWithTies_KeepsAllThatEqualTheKth()
    {
        var distribution = new TokenDistribution();
        distribution.Fill([1, 3, 2, 2, 5, 2], 5, Sample with { TopK = 3 });
        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4, 5 }, Kept(distribution));
    }

    [TestMethod]
    [DataRow(0, 1f, 0f)]
    [DataRow(64, 0.95f, 0f)]
    [DataRow(0, 0.95f, 0f)]
    [DataRow(0, 1f, 0.05f)]
    [DataRow(5000, 0.99f, 0.001f)]
    public void Fill_VocabularyOf262144_KeepsWhatTheSlowVersionDoes(int topK, float topP, float minP)
    {
        var random = new Random(topK);
        float[] logits = [.. Enumerable.Range(0, 262_144).Select(_ => 4 * Gaussian(random))];
        var options = Sample with { TopK = topK, TopP = topP, MinP = minP };

        var distribution = new TokenDistribution();
        distribution.Fill(logits, logits.Max(), options);

        CollectionAssert.AreEqual(SamplingOracle.Keep(logits, options).Kept.Keys, Kept(distribution));
    }

    [TestMethod]
    public void Choose_ManyRows_DrawsWithTheProbabilitiesOfTheSoftmax()
    {
        float[] logits = [1, 0, -1, 2, 0.5f, 1.5f, -2, 0.25f];
        double[] expected = [.. logits.Select(l => Math.Exp(l / 0.8))];
        var (sampler, options) = (new TokenSampler(), Sample with { Temperature = 0.8f });
        const int Draws = 100_000;
        var counts = new int[logits.Length];

        for (int row = 0; row < Draws; row++)
            counts[sampler.Choose([.. logits], options, [], [], new RowRandom(7, row, "a", 0))]++;

        double scale = Draws / expected.Sum();
        double chiSquare = counts.Zip(expected).Sum(t => Math.Pow(t.First - t.Second * scale, 2) / (t.Second * scale));
        // 99.9 % of such sums, 7 degrees of freedom.
        Assert.IsLessThan(24.3, chiSquare);
    }

    [TestMethod]
    public void Choose_OtherRowsBetween_TheRowDrawsTheSame()
    {
        var options = Sample with { TopK = 50, TopP = 0.9f };
        int[] Answer(TokenSampler sampler, int rowId, Action<int> between)
        {
            var tokens = new List<int>();
            for (int i = 0; i < 20; i++)
            {
                between(i);
                tokens.Add(sampler.Choose(
                    Logits(new Random(100 * rowId + i), 500), options, [1], tokens.ToArray(), new RowRandom(1, rowId, "a", 0)));
            }
            return [.. tokens];
        }
        var shared = new TokenSampler();

        int[] alone = Answer(new TokenSampler(), 5, _ => { });
        int[] among = Answer(shared, 5, i => shared.Choose(Logits(new Random(i), 700), Sample, [], [], new RowRandom(1, i, "b", 0)));

        CollectionAssert.AreEqual(alone, among);
    }

    [TestMethod]
    [DataRow(float.NaN, "the logit of token id 37 is NaN")]
    [DataRow(float.PositiveInfinity, "the logit of token id 37 is Infinity")]
    public void Choose_LogitThatIsNoNumber_IsRefusedWhereverItStands(float value, string reason)
    {
        foreach (var options in new[] { SamplingOptions.Greedy, Sample, Sample with { TopK = 2, TopP = 0.5f } })
        {
            float[] logits = new float[41];
            logits[37] = value;
            var e = Assert.ThrowsExactly<InvalidDataException>(() => new TokenSampler().Choose(logits, options, [1, 2], [3], default));
            StringAssert.Contains(e.Message, $"Token 2 of the answer, after a prompt of 2 tokens, cannot be chosen: {reason}");
        }
    }

    [TestMethod]
    public void Choose_NaNAtAnyPlace_IsFound()
    {
        for (int place = 0; place < 70; place++)
        {
            float[] logits = new float[70];
            logits[place] = float.NaN;
            Assert.ThrowsExactly<InvalidDataException>(() => new TokenSampler().Choose(logits, SamplingOptions.Greedy, [], [], default));
        }
    }

    [TestMethod]
    public void Choose_AllMinusInfinity_IsRefused()
    {
        float[] logits = [.. Enumerable.Repeat(float.NegativeInfinity, 9)];
        var e = Assert.ThrowsExactly<InvalidDataException>(() => new TokenSampler().Choose(logits, Sample, [], [], default));
        StringAssert.Contains(e.Message, "all 9 logits are -Infinity");
    }

    [TestMethod]
    public void Choose_OnceWarm_AllocatesNothing()
    {
        var sampler = new TokenSampler();
        var row = new RowRandom(1, 2, "a", 0);
        float[] logits = Logits(new Random(1), 20_000), scratch = new float[logits.Length];
        int[] prompt = Tokens(new Random(2), logits.Length);
        SamplingOptions[] all =
        [
            SamplingOptions.Greedy, Sample, Sample with { TopK = 64 }, Sample with { TopP = 0.9f }, Sample with { MinP = 0.1f },
            new() { DoSample = true, TopK = 64, TopP = 0.9f, MinP = 0.1f, Temperature = 0.7f, RepetitionPenalty = 1.2f },
        ];
        void Run()
        {
            foreach (var options in all)
            {
                logits.CopyTo(scratch, 0);
                sampler.Choose(scratch, options, prompt, prompt, row);
            }
        }
        Run();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();

        Assert.AreEqual(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static int[] Kept(TokenDistribution distribution)
    {
        var kept = new List<int>();
        for (int i = 0; i < distribution.Weights.Length; i++)
        {
            if (distribution.Weights[i] > 0)
                kept.Add(distribution.IdOf(i));
        }
        return [.. kept];
    }

    /// <summary>Of many spreads; some with many ties, some with tokens that are impossible.</summary>
    private static float[] Logits(Random random, int count)
    {
        float spread = MathF.Exp(4 * random.NextSingle() - 1);
        float step = random.Next(3) == 0 ? 0.5f : 0;
        double impossible = random.Next(3) == 0 ? random.NextDouble() : 0;
        float[] logits = [.. Enumerable.Range(0, count).Select(_ => spread * Gaussian(random))];
        for (int i = 0; i < count; i++)
        {
            if (step > 0)
                logits[i] = MathF.Round(logits[i] / step) * step;
            if (random.NextDouble() < impossible)
                logits[i] = float.NegativeInfinity;
        }
        logits[random.Next(count)] = spread;
        return logits;
    }

    private static SamplingOptions Options(Random random, int vocabulary) => new()
    {
        DoSample = true,
        Temperature = random.Next(2) == 0 ? 1 : 0.1f + 2 * random.NextSingle(),
        TopK = random.Next(3) switch { 0 => 0, 1 => random.Next(1, 10), _ => random.Next(1, 2 * vocabulary) },
        TopP = random.Next(3) switch { 0 => 1, 1 => random.Next(1, 100) / 100f, _ => 1 - random.NextSingle() },
        MinP = random.Next(3) switch { 0 => random.NextSingle(), 1 => 0.02f, _ => 0 },
        RepetitionPenalty = random.Next(2) == 0 ? 1 : 0.5f + random.NextSingle(),
    };

    private static int[] Tokens(Random random, int vocabulary) =>
        [.. Enumerable.Range(0, random.Next(0, 40)).Select(_ => random.Next(vocabulary))];

    private static float Gaussian(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
