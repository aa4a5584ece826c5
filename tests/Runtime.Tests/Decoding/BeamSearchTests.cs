namespace XlLoraOnnx.Runtime.Tests;

/// <summary>Against the same search written plainly, every continuation of every beam looked at; and rows that must follow their
/// beams.</summary>
[TestClass]
public sealed class BeamSearchTests
{
    private const int Vocabulary = 50, Stop = 7;

    [TestMethod]
    [DataRow(2, 1.0, false)]
    [DataRow(4, 1.0, false)]
    [DataRow(4, 1.0, true)]
    [DataRow(5, 0.3, false)]
    [DataRow(3, -1.5, false)]
    public void Advance_RandomModels_FindsWhatThePlainSearchFinds(int beams, double lengthPenalty, bool earlyStopping)
    {
        var options = new BeamSearchOptions(beams, lengthPenalty, earlyStopping);
        var stopped = 0;
        for (var model = 0; model < 40; model++)
        {
            var most = 1 + (model % 12);
            var expected = Plain(options, model, most);
            var found = Search(options, model, most);
            Assert.HasCount(expected.Count, found, $"model {model}");
            for (var i = 0; i < expected.Count; i++)
            {
                CollectionAssert.AreEqual(expected[i].Tokens, found[i].Tokens, $"model {model}, hypothesis {i}");
                Assert.AreEqual(expected[i].Score, found[i].Score, 1e-5);
                Assert.AreEqual(expected[i].Stopped, found[i].Stopped);
            }
            stopped += found.Count(f => f.Stopped);
        }
        Assert.IsGreaterThan(40, stopped);
    }

    [TestMethod]
    public void Advance_LogitsThatAreNoNumbers_IsAnError()
    {
        var search = new BeamSearch(new BeamSearchOptions(2), [Stop], maxNewTokens: 3);
        var logits = new float[Vocabulary];
        logits[3] = float.NaN;

        var error = Assert.ThrowsExactly<InvalidDataException>(() => search.Advance(_ => logits));

        StringAssert.Contains(error.Message, "NaN");
    }

    [TestMethod]
    public void LogSumExp_LargeAndSmallLogits_IsThatOfDoublePrecision()
    {
        var random = new Random(5);
        var logits = Enumerable.Range(0, 5000).Select(_ => (float)((random.NextDouble() * 200) - 100)).ToArray();
        var expected = 100 + Math.Log(logits.Sum(l => Math.Exp((double)l - 100)));

        Assert.AreEqual(expected, LogProbabilities.LogSumExp(logits), 1e-5);
    }

    [TestMethod]
    public void Largest_EqualLogits_AreThoseOfTheSmallestIds()
    {
        var logits = Enumerable.Range(0, 3000).Select(i => (float)(i % 100)).ToArray();
        Span<int> tokens = stackalloc int[5];

        LogProbabilities.Largest(logits, tokens);

        CollectionAssert.AreEqual((int[])[99, 199, 299, 399, 499], tokens.ToArray());
    }

    /// <summary>Rows remember the tokens that were written to them, as caches do, and logits come from them alone.</summary>
    private static IReadOnlyList<BeamHypothesis> Search(BeamSearchOptions options, int model, int most)
    {
        var search = new BeamSearch(options, [Stop], most);
        var rows = Enumerable.Range(0, options.NumBeams).Select(_ => new List<int>()).ToArray();
        var tokens = new int[options.NumBeams];
        for (var step = 0; !search.IsDone; step++)
        {
            search.WriteTokens(-1, tokens);
            for (var row = 0; row < rows.Length && step > 0; row++)
                rows[row].Add(tokens[row]);
            search.Advance(row => Logits(model, rows[row]));
            if (search.IsDone)
                break;
            foreach (var (from, to) in search.Copies)
                rows[to] = [.. rows[from]];
        }
        return search.Finished;
    }

    private static List<BeamHypothesis> Plain(BeamSearchOptions options, int model, int most)
    {
        var running = new List<(int[] Tokens, double Score)> { ([], 0) };
        var finished = new List<BeamHypothesis>();
        for (var length = 2; ; length++)
        {
            var all = running.SelectMany(beam =>
            {
                var logits = Logits(model, beam.Tokens);
                var sum = Math.Log(logits.Sum(l => Math.Exp(l)));
                return Enumerable.Range(0, Vocabulary).Select(t => (beam.Tokens, Token: t, Score: beam.Score + logits[t] - sum));
            }).OrderByDescending(c => c.Score).Take(2 * options.NumBeams).ToArray();
            bool Ends(int token) => token == Stop || length == most + 1;
            finished = [.. finished.Concat(all.Take(options.NumBeams).Where(c => Ends(c.Token)).Select(c => new BeamHypothesis(
                c.Token == Stop ? c.Tokens : [.. c.Tokens, c.Token], c.Score / Math.Pow(length, options.LengthPenalty), c.Token == Stop)))
                .OrderByDescending(f => f.Score).Take(options.NumBeams)];
            running = [.. all.Where(c => !Ends(c.Token)).Take(options.NumBeams).Select(c => ((int[])[.. c.Tokens, c.Token], c.Score))];
            if (running.Count == 0)
                return finished;
            var best = running[0].Score / Math.Pow(length, options.LengthPenalty);
            if (finished.Count == options.NumBeams && (options.EarlyStopping || best <= finished[^1].Score))
                return finished;
        }
    }

    private static float[] Logits(int model, IReadOnlyList<int> tokens)
    {
        var random = new Random(tokens.Aggregate(model + 1, (hash, token) => unchecked((hash * 7919) + token + 1)));
        var logits = Enumerable.Range(0, Vocabulary).Select(_ => (float)(random.NextDouble() * 4)).ToArray();
        logits[Stop] += 1.5f;
        return logits;
    }
}
