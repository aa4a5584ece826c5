using System.Collections.Concurrent;
using CsCheck;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class AnswerPumpTests
{
    private static readonly SynthesisOptions Options = new()
    {
        Sampling = new SamplingOptions { DoSample = true },
        MaxAttempts = 3,
        MaxFailures = 3,
    };

    [TestMethod]
    public void RunAsync_AnyRowsAndAnyAnswers_SettlesEachRowOnceWithItsAttemptsInOrder() =>
        Gen.Select(Gen.Int[0, 60], Gen.Int[1, 5], Gen.Int[0, 1000], Gen.Int[0, 6], Gen.Nullable(Gen.Enum<SynthesisSide>()))
            .Sample((count, batch, seed, pause, only) =>
            {
                var options = Options with { Only = only };
                using var generator = new ScriptedGenerator(r => Scripted(r, seed)) { PreferredBatchSize = batch };
                var sink = new RecordingSink();
                var rows = Enumerable.Range(0, count).Select(i => Row(i, options)).ToArray();

                new AnswerPump(generator, options).RunAsync(Feed(rows, pause), sink, default, default).GetAwaiter().GetResult();

                CollectionAssert.AreEquivalent(rows, sink.Settled.ToArray());
                Assert.IsTrue(rows.All(r => r.IsSettled));
                foreach (var row in rows)
                {
                    var answers = sink.Answers.Where(a => a.Row == row).ToArray();
                    foreach (var side in options.Sides)
                    {
                        var attempts = answers.Where(a => a.Answer.Side == side).Select(a => a.Answer).ToArray();
                        CollectionAssert.AreEqual(Enumerable.Range(0, attempts.Max(a => a.Attempt) + 1).ToArray(),
                            attempts.Select(a => a.Attempt).Distinct().ToArray(), "no attempt is left out, and none comes late");
                        Assert.IsTrue(attempts.SkipLast(1).All(a => a.Verdict.Rejected is not null || IsOfPair(attempts, a)));
                        Assert.AreEqual(row[side]!.Rejected, attempts[^1].Verdict.Rejected);
                    }

                    Assert.IsGreaterThan(answers[^1].Order, sink.Order(row), "settled after its last answer was told");
                }
            });

    [TestMethod]
    public async Task RunAsync_RowsWithOneKey_AreNotInOneCallTogether()
    {
        // two rows of one key ask under one number; an answer must not go to the wrong one
        using var generator = ScriptedGenerator.Echo(batchSize: 8);
        var rows = Enumerable.Range(0, 3).Select(i => new RowWork(new KeyedAnchor(i, RowKey.Of("same"), 0, $"anchor {i}"), 0, Options)).ToArray();
        var sink = new RecordingSink();

        await new AnswerPump(generator, Options).RunAsync(Feed(rows), sink, default, default);

        Assert.IsTrue(generator.Calls.All(c => c.Select(r => r.RowId).Distinct().Count() == c.Count));
        foreach (var row in rows)
            Assert.AreEqual($"pos: {row.Anchor}", row[SynthesisSide.Positive]!.Text);
    }

    [TestMethod]
    public async Task RunAsync_NothingForSomeTime_DoesWhatIsThere()
    {
        using var generator = ScriptedGenerator.Echo(batchSize: 100);
        var sink = new RecordingSink();
        var (row, later) = (Row(0, Options), Row(1, Options));
        var wait = new TaskCompletionSource();
        async IAsyncEnumerable<RowWork?> Rows()
        {
            yield return row;
            yield return null;
            await wait.Task;
            yield return later;
        }

        var running = new AnswerPump(generator, Options).RunAsync(Rows(), sink, default, default);
        for (int i = 0; i < 3000 && !row.IsSettled; i++)
            await Task.Delay(10, CancellationToken.None);
        Assert.IsTrue(row.IsSettled, "although the window is not full and more may come");
        Assert.IsFalse(running.IsCompleted);
        wait.SetResult();
        await running;

        Assert.IsTrue(later.IsSettled);
    }

    [TestMethod]
    [DataRow(null, 3, 96)]
    [DataRow(5L, 3, 10)]
    [DataRow(0L, 3, 2)]
    [DataRow(long.MaxValue, 1, 32)]
    public async Task RunAsync_RowsAtATime_BoundTheCalls(long? rowsAtATime, int batch, int most)
    {
        using var generator = ScriptedGenerator.Echo(batch);

        await new AnswerPump(generator, Options, rowsAtATime)
            .RunAsync(Feed([.. Enumerable.Range(0, 200).Select(i => Row(i, Options))]), new RecordingSink(), default, default);

        Assert.AreEqual(most, generator.Calls.Max(c => c.Count));
        Assert.AreEqual(400, generator.Calls.Sum(c => c.Count));
    }

    [TestMethod]
    public async Task RunAsync_FailureThatPasses_CostsNoAttempt()
    {
        var failed = new ConcurrentDictionary<long, int>();
        using var generator = new ScriptedGenerator(r => failed.AddOrUpdate(r.RowId, 1, (_, n) => n + 1) < 3
            ? ScriptedGenerator.Reject(r, RejectionKind.Failed, "the device fell over") : Good(r));
        var sink = new RecordingSink();

        await new AnswerPump(generator, Options).RunAsync(Feed([Row(0, Options)]), sink, default, default);

        Assert.IsTrue(sink.Settled.Single().IsTriplet);
        Assert.IsTrue(generator.Calls.SelectMany(c => c).All(r => r.Attempt == 0));
        Assert.HasCount(2, sink.Answers, "what failed is no answer");
    }

    [TestMethod]
    public async Task RunAsync_GeneratorThatThrows_EndsWithItsFailureAndTellsNothingAfterwards()
    {
        int asked = 0;
        using var generator = new ScriptedGenerator(r => Interlocked.Increment(ref asked) == 50
            ? throw new InvalidOperationException("out of order") : Good(r))
        { PreferredBatchSize = 1 };
        var sink = new RecordingSink();

        var e = await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => new AnswerPump(generator, Options)
            .RunAsync(Feed([.. Enumerable.Range(0, 5000).Select(i => Row(i, Options))]), sink, default, default));

        Assert.AreEqual("out of order", e.Message);
        int told = sink.Answers.Count;
        await Task.Delay(50, CancellationToken.None);
        Assert.AreEqual(told, sink.Answers.Count);
        // how many are on their way when it throws is up to the machine
        Assert.IsLessThan(2500, asked, "the rest is not asked for");
    }

    [TestMethod]
    public async Task RunAsync_SinkOrRowsThatThrow_EndWithTheirFailure()
    {
        using var generator = ScriptedGenerator.Echo(batchSize: 1);
        var rows = Enumerable.Range(0, 100).Select(i => Row(i, Options)).ToArray();
        async IAsyncEnumerable<RowWork?> Broken()
        {
            foreach (var row in rows[..20])
                yield return row;
            await Task.Yield();
            throw new InvalidDataException("row 20 is malformed");
        }

        var full = new RecordingSink { Failure = new IOException("the disk is full") };
        Assert.AreEqual("the disk is full", (await Assert.ThrowsExactlyAsync<IOException>(() =>
            new AnswerPump(generator, Options).RunAsync(Feed(rows), full, default, default))).Message);
        Assert.AreEqual("row 20 is malformed", (await Assert.ThrowsExactlyAsync<InvalidDataException>(() =>
            new AnswerPump(generator, Options).RunAsync(Broken(), new RecordingSink(), default, default))).Message);
    }

    [TestMethod]
    public async Task RunAsync_Finish_EndsWithoutNewRowsAndWithoutLosingAnswers()
    {
        using var finish = new CancellationTokenSource();
        int asked = 0;
        using var generator = new ScriptedGenerator(r =>
        {
            if (Interlocked.Increment(ref asked) == 10)
                finish.Cancel();
            return r.Attempt == 0 ? ScriptedGenerator.Answer(r, " ") : Good(r);
        })
        { PreferredBatchSize = 1 };
        var sink = new RecordingSink();

        await new AnswerPump(generator, Options)
            .RunAsync(Feed([.. Enumerable.Range(0, 500).Select(i => Row(i, Options))]), sink, finish.Token, default);

        Assert.AreEqual(asked, sink.Answers.Count, "every answer that was made was told");
        Assert.IsLessThan(200, asked);
    }

    [TestMethod]
    public async Task RunAsync_AnswersThatAreReady_AreToldBeforeItPauses()
    {
        using var generator = new ScriptedGenerator(Good) { PreferredBatchSize = 2, Step = TimeSpan.FromMilliseconds(5) };
        var sink = new RecordingSink();

        await new AnswerPump(generator, Options)
            .RunAsync(Feed([.. Enumerable.Range(0, 10).Select(i => Row(i, Options))]), sink, default, default);

        Assert.IsGreaterThanOrEqualTo(10, sink.Pauses, "a step of two answers, then a pause");
        Assert.AreEqual(0, sink.AnswersSincePause);
    }

    private static bool IsOfPair(SettledAnswer[] attempts, SettledAnswer answer) =>
        attempts.Any(a => a.Attempt == answer.Attempt && a.Verdict.Rejected?.Reason == RejectionReason.Equal);

    private static RowWork Row(long i, SynthesisOptions options) =>
        new(new KeyedAnchor(i, RowKey.Of($"anchor {i}"), 0, $"anchor {i}"), 0, options);

    private static GenerationResult Good(GenerationRequest request) => ScriptedGenerator.Answer(
        request, $"Somebody carries {(request.Adapter == "pos" ? "bread" : "stones")} to house {request.RowId % 1000}.");

    /// <summary>Any fate, as a function of the request: good, blank, the same on both sides, cut, hopeless, failing, left out.</summary>
    private static GenerationResult? Scripted(GenerationRequest request, int seed) =>
        (((ulong)request.RowId * 31 + (ulong)(request.Attempt * 7 + seed)) % 11) switch
        {
            0 or 1 => ScriptedGenerator.Answer(request, " "),
            2 => ScriptedGenerator.Answer(request, "Both sides say exactly this."),
            3 => ScriptedGenerator.Answer(request, "cut in the mid", FinishReason.Length),
            4 => ScriptedGenerator.Reject(request, RejectionKind.TooLong, "too long"),
            5 => ScriptedGenerator.Reject(request, RejectionKind.Failed, "it fell over"),
            6 => null,
            _ => Good(request),
        };

    private static async IAsyncEnumerable<RowWork?> Feed(RowWork[] rows, int pauseEvery = 0)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            if (pauseEvery > 0 && i % pauseEvery == 0)
            {
                yield return null;
                await Task.Yield();
            }

            yield return rows[i];
        }
    }
}
