namespace XlLoraOnnx.Tests;

/// <summary>What every <see cref="ITextGenerator"/> promises, whatever is behind it: official GenAI, the continuous engine, a
/// script.</summary>
public abstract class GeneratorConformance
{
    /// <summary>With the adapters <c>pos</c> and <c>neg</c>, and a context of at least 128 tokens.</summary>
    private protected abstract ITextGenerator Create();

    /// <summary>A file for <see cref="ITextGenerator.AddAdapter"/>.</summary>
    private protected abstract string AdapterFile { get; }

    [TestMethod]
    public async Task GenerateAsync_ManyRows_GivesOneResultForEach()
    {
        using var generator = Create();
        var requests = Rows(50);

        var results = await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);

        Assert.HasCount(50, results);
        foreach (var request in requests)
        {
            var result = results[request.RowId];
            Assert.AreEqual((request.Adapter, request.PromptTokens!.Count), (result.Adapter, result.PromptTokenCount));
            Assert.IsTrue(result.FinishReason is FinishReason.Stop or FinishReason.Length, result.Error);
            Assert.IsLessThanOrEqualTo(request.MaxNewTokens, result.TokenCount);
            Assert.IsTrue(result.FinishReason == FinishReason.Stop || result.TokenCount == request.MaxNewTokens);
        }
        Assert.AreEqual(50, generator.Statistics.Rows);
        Assert.AreEqual(results.Values.Sum(r => r.TokenCount), generator.Statistics.GeneratedTokens);
    }

    [TestMethod]
    public async Task GenerateAsync_NoRows_GivesNone()
    {
        using var generator = Create();

        Assert.AreEqual(0, await generator.GenerateAsync([]).CountAsync());
    }

    [TestMethod]
    public async Task GenerateAsync_BadRowsAmongGoodOnes_AreRejectedByKindAndTheOthersRun()
    {
        using var generator = Create();
        var good = Rows(1)[0];
        GenerationRequest[] bad =
        [
            good with { RowId = 1, PromptTokens = [] },
            good with { RowId = 2, PromptTokens = null },
            good with { RowId = 3, UserMessage = "and a message" },
            good with { RowId = 4, MaxNewTokens = 0 },
            good with { RowId = 5, PromptTokens = [2, -1] },
            good with { RowId = 6, PromptTokens = [2, 10_000_000] },
            good with { RowId = 7, PromptTokens = [.. Enumerable.Repeat(20, 10_000)] },
        ];

        var results = await generator.GenerateAsync([good, .. bad]).ToDictionaryAsync(r => r.RowId);

        Assert.AreNotEqual(FinishReason.Rejected, results[0].FinishReason, results[0].Error);
        foreach (var request in bad)
        {
            var kind = request.RowId == 7 ? RejectionKind.TooLong : RejectionKind.Invalid;
            Assert.AreEqual(kind, results[request.RowId].RejectionKind, $"row {request.RowId}");
            Assert.IsGreaterThan(10, results[request.RowId].Error!.Length);
        }
    }

    [TestMethod]
    public async Task GenerateAsync_UnknownAdapter_IsTheCallersFaultAndNamesThoseThereAre()
    {
        using var generator = Create();

        var error = await Assert.ThrowsExactlyAsync<ArgumentException>(
            async () => await generator.GenerateAsync([Rows(1)[0] with { Adapter = "nobody" }]).CountAsync());

        StringAssert.Contains(error.Message, "'nobody'");
        StringAssert.Contains(error.Message, "pos, neg");
    }

    [TestMethod]
    public async Task GenerateAsync_SamplingOutOfRange_IsTheCallersFault()
    {
        using var generator = Create();

        await Assert.ThrowsExactlyAsync<ArgumentOutOfRangeException>(async () => await generator
            .GenerateAsync([Rows(1)[0] with { Sampling = new SamplingOptions { Temperature = 0 } }]).CountAsync());
    }

    [TestMethod]
    public async Task GenerateAsync_Greedy_IsTheSameAgainAndDependsOnTheAdapter()
    {
        using var generator = Create();
        var requests = Rows(30);

        var first = await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);
        var second = await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);
        var others = await generator.GenerateAsync([.. requests.Select(r => r with { Adapter = r.Adapter == "pos" ? "neg" : "pos" })])
            .ToDictionaryAsync(r => r.RowId);

        Assert.IsTrue(first.All(r => second[r.Key] == r.Value));
        Assert.IsTrue(first.Any(r => others[r.Key].Text != r.Value.Text));
    }

    [TestMethod]
    public async Task GenerateAsync_OnText_PiecesMakeTheTextAndWhatItThrowsEndsItsRow()
    {
        using var generator = Create();
        var pieces = new List<string>();
        var requests = Rows(4).Select(r => r with { IgnoreStopTokens = true }).ToArray();
        requests[1] = requests[1] with { OnText = pieces.Add };
        requests[2] = requests[2] with { OnText = _ => throw new InvalidOperationException("the listener's fault") };

        var results = await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);

        Assert.AreEqual(results[1].Text, string.Concat(pieces));
        Assert.IsGreaterThan(0, pieces.Count);
        Assert.AreEqual(RejectionKind.Invalid, results[2].RejectionKind);
        StringAssert.Contains(results[2].Error, "the listener's fault");
        Assert.IsTrue(results.Values.Count(r => r.FinishReason != FinishReason.Rejected) == 3);
    }

    [TestMethod]
    public async Task GenerateAsync_CancelledOrLeft_EndsAndCanBeCalledAgain()
    {
        using var generator = Create();
        using var source = new CancellationTokenSource();
        var seen = 0;

        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in generator.GenerateAsync(Rows(200), source.Token))
            {
                if (++seen == 2)
                    await source.CancelAsync();
            }
        });
        await generator.GenerateAsync(Rows(200)).FirstAsync();

        Assert.AreEqual(5, await generator.GenerateAsync(Rows(5)).CountAsync());
    }

    [TestMethod]
    public async Task GenerateAsync_ConcurrentCalls_AllGetTheirRows()
    {
        using var generator = Create();

        var counts = await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
            Task.Run(async () => await generator.GenerateAsync(Rows(10 + i)).Select(r => r.RowId).Distinct().CountAsync())));

        CollectionAssert.AreEqual((int[])[10, 11, 12, 13, 14, 15], counts);
    }

    [TestMethod]
    public async Task Adapters_AddedAndRemoved_AreThereAndGone()
    {
        using var generator = Create();

        generator.AddAdapter("late", AdapterFile);
        var result = await generator.GenerateAsync([Rows(1)[0] with { Adapter = "late" }]).SingleAsync();

        Assert.AreNotEqual(FinishReason.Rejected, result.FinishReason, result.Error);
        CollectionAssert.AreEqual((string[])["pos", "neg", "late"], generator.Adapters.ToArray());
        Assert.ThrowsExactly<ArgumentException>(() => generator.AddAdapter("late", AdapterFile));
        generator.RemoveAdapter("late");
        Assert.ThrowsExactly<ArgumentException>(() => generator.RemoveAdapter("late"));
        await Assert.ThrowsExactlyAsync<ArgumentException>(
            async () => await generator.GenerateAsync([Rows(1)[0] with { Adapter = "late" }]).CountAsync());
        Assert.AreEqual(3, await generator.GenerateAsync(Rows(3)).CountAsync());
    }

    [TestMethod]
    public async Task Dispose_Twice_AndNothingRunsAfterwards()
    {
        var generator = Create();
        await generator.GenerateAsync(Rows(2)).CountAsync();

        generator.Dispose();
        generator.Dispose();

        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(async () => await generator.GenerateAsync(Rows(1)).CountAsync());
    }

    private static GenerationRequest[] Rows(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new GenerationRequest
        {
            RowId = i,
            PromptTokens = [2, .. Enumerable.Range(0, 3 + (i * 7 % 20)).Select(t => 300 + (i * 13 + t * 29) % 1500)],
            Adapter = (i % 3) switch { 0 => "pos", 1 => "neg", _ => null },
            MaxNewTokens = 3 + (i % 9),
            Sampling = SamplingOptions.Greedy,
        }),
    ];
}
