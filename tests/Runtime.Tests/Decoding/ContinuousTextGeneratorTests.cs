namespace XlLoraOnnx.Runtime.Tests;

/// <summary>Rows with scripted logits: what a row gives depends on the row alone.</summary>
[TestClass]
public sealed class ContinuousTextGeneratorTests
{
    private static readonly string?[] Adapters = [null, "pos", "neg", "third"];

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(3, 1)]
    [DataRow(3, 2)]
    [DataRow(8, 1)]
    [DataRow(32, 3)]
    public async Task GenerateAsync_AnySlotsDevicesAndOrder_GivesEveryRowWhatItGivesAlone(int slots, int devices)
    {
        using var folder = new ScriptedFolder("pos", "neg", "third");
        var requests = Rows(300);
        var alone = new Dictionary<long, GenerationResult>();
        using (var generator = folder.Generator(new ScriptedDevice(), slots: 1, prefillTokens: 1000))
        {
            foreach (var request in requests)
                alone.Add(request.RowId, await generator.GenerateAsync([request]).SingleAsync());
        }
        var random = new Random(slots);
        random.Shuffle(requests);
        var machines = Enumerable.Range(0, devices).Select(i => new ScriptedDevice { Name = $"scripted:{i}" }).ToArray();

        using var together = folder.Generator(machines, slots, residentAdapters: 2);
        var results = await together.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);

        Assert.HasCount(requests.Length, results);
        foreach (var request in requests)
            Assert.AreEqual(alone[request.RowId], results[request.RowId]);
        Assert.IsGreaterThan(100, alone.Values.Select(r => r.Text).Distinct().Count());
        foreach (var machine in machines)
            Assert.IsLessThanOrEqualTo(2, machine.MaxLanes);
        if (slots > 1)
            Assert.IsGreaterThan(1, machines.Max(m => m.RowsOfSteps.Max()));
        Assert.AreEqual(requests.Length, together.Statistics.Rows);
        Assert.AreEqual(requests.Length, together.Statistics.Devices.Sum(d => d.Rows));
    }

    [TestMethod]
    public async Task GenerateAsync_AnotherSeedAttemptAdapterOrRow_DrawsOtherTokens()
    {
        using var folder = new ScriptedFolder("pos", "neg");
        using var generator = folder.Generator(new ScriptedDevice());
        var request = Tokens(1, [2, 20, 30, 40], 40, null);
        GenerationRequest[] others =
        [
            request with { Attempt = 1 },
            request with { RowId = 2 },
            request with { Sampling = request.Sampling! with { Seed = 1 } },
        ];

        var first = await generator.GenerateAsync([request]).SingleAsync();

        Assert.AreEqual(first, await generator.GenerateAsync([request]).SingleAsync());
        foreach (var other in others)
            Assert.AreNotEqual(first.Text, (await generator.GenerateAsync([other]).SingleAsync()).Text);
    }

    [TestMethod]
    public async Task GenerateAsync_PromptsThatBeginAlike_AreReadOnceForEachAdapter()
    {
        using var folder = new ScriptedFolder("pos", "neg");
        var device = new ScriptedDevice();
        using var generator = folder.Generator(device, slots: 8, prefillTokens: 64);
        int[] shared = [2, .. Enumerable.Range(10, 40)];
        var requests = Enumerable.Range(0, 40)
            .Select(i => Tokens(i, [.. shared, 7 + i, 8, 9], 5, i % 2 == 0 ? "pos" : "neg")).ToArray();

        await generator.GenerateAsync(requests).CountAsync();

        // 38 of 40 rows took what the first of their adapter had read
        Assert.AreEqual(38 * shared.Length, generator.Statistics.SharedPromptTokens);
        Assert.AreEqual(40 * (shared.Length + 3), generator.Statistics.PromptTokens);
        Assert.IsGreaterThan(0, device.StoredPrefixes);
        generator.Dispose();
        Assert.AreEqual(0, device.StoredPrefixes);
        Assert.IsTrue(device.IsDisposed);
    }

    [TestMethod]
    public async Task GenerateAsync_LongPromptBesideRunningRows_IsReadInPiecesBetweenTheirSteps()
    {
        using var folder = new ScriptedFolder();
        var device = new ScriptedDevice();
        using var generator = folder.Generator(device, slots: 4, prefillTokens: 8);
        var requests = Enumerable.Range(0, 3).Select(i => Tokens(i, [2, 10 + i], 60, null) with { IgnoreStopTokens = true })
            .Append(Tokens(3, [2, .. Enumerable.Range(3, 60)], 10, null)).ToArray();

        var results = await generator.GenerateAsync(requests).ToArrayAsync();

        Assert.HasCount(4, results);
        Assert.IsLessThanOrEqualTo(8, device.Prefills.Max());
        Assert.IsGreaterThan(6, device.Prefills.Count);
    }

    [TestMethod]
    public async Task GenerateAsync_OnText_PiecesMakeTheText()
    {
        using var folder = new ScriptedFolder();
        using var generator = folder.Generator(new ScriptedDevice());
        var pieces = new Dictionary<long, List<string>>();
        var requests = Enumerable.Range(0, 20).Select(i =>
        {
            var list = pieces[i] = [];
            return Tokens(i, [2, 10 + i], 30, null) with { OnText = list.Add };
        }).ToArray();

        var results = await generator.GenerateAsync(requests).ToArrayAsync();

        foreach (var result in results)
            Assert.AreEqual(result.Text, string.Concat(pieces[result.RowId]));
        Assert.IsTrue(pieces.Values.Any(p => p.Count > 3));
    }

    [TestMethod]
    public async Task GenerateAsync_RowThatFillsTheContext_EndsThere()
    {
        using var folder = new ScriptedFolder();
        using var generator = folder.Generator(new ScriptedDevice());
        var prompt = Enumerable.Range(2, 60).Concat(Enumerable.Range(2, 60)).ToArray();

        var result = await generator.GenerateAsync([Tokens(0, prompt, 50, null) with { IgnoreStopTokens = true }]).SingleAsync();

        Assert.AreEqual(FinishReason.Length, result.FinishReason);
        Assert.AreEqual(ScriptedFolder.ContextLength - prompt.Length, result.TokenCount);
    }

    [TestMethod]
    public async Task GenerateAsync_TenThousandRequests_AllEndAndNothingIsLeft()
    {
        using var folder = new ScriptedFolder("pos", "neg");
        using var generator = folder.Generator(new ScriptedDevice(), slots: 32);

        var results = await generator.GenerateAsync(Rows(10_000, Adapters[..3])).ToArrayAsync();

        Assert.HasCount(10_000, results);
        Assert.HasCount(10_000, results.Select(r => r.RowId).Distinct());
    }

    [TestMethod]
    public async Task GenerateAsync_ConcurrentCalls_ShareTheBatch()
    {
        using var folder = new ScriptedFolder();
        var device = new ScriptedDevice();
        // the first step waits until all have asked
        using var asked = new CountdownEvent(8);
        device.Before = (_, _) => asked.Wait();
        using var generator = folder.Generator(device, slots: 8);

        var calls = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            var call = generator.GenerateAsync([Tokens(i, [2, 10 + i], 20, null) with { IgnoreStopTokens = true }]).GetAsyncEnumerator();
            var next = call.MoveNextAsync();
            asked.Signal();
            Assert.IsTrue(await next);
            Assert.AreEqual(i, call.Current.RowId);
            await call.DisposeAsync();
        }));
        await Task.WhenAll(calls);

        Assert.IsGreaterThan(1, device.RowsOfSteps.Max());
    }

    [TestMethod]
    public async Task AddAdapter_WhileRowsRun_CanBeUsedAtOnce()
    {
        using var folder = new ScriptedFolder("pos");
        using var generator = folder.Generator(new ScriptedDevice());
        await using var running = generator.GenerateAsync(Rows(200, ["pos"])).GetAsyncEnumerator();
        Assert.IsTrue(await running.MoveNextAsync());

        generator.AddAdapter("late", folder.AdapterFile);
        var result = await generator.GenerateAsync([Tokens(0, [2, 20, 30], 10, "late")]).SingleAsync();

        Assert.AreNotEqual(FinishReason.Rejected, result.FinishReason);
        CollectionAssert.Contains(generator.Adapters.ToArray(), "late");
        var rest = 1;
        while (await running.MoveNextAsync())
            rest++;
        Assert.AreEqual(200, rest);
    }

    internal static GenerationRequest[] Rows(int count) => Rows(count, Adapters);

    /// <summary>Prompts of 1 to 60 tokens, many with the same beginning; greedy, sampled and penalised.</summary>
    internal static GenerationRequest[] Rows(int count, string?[] adapters)
    {
        var random = new Random(7);
        SamplingOptions[] samplings =
        [
            SamplingOptions.Greedy, new() { DoSample = true, TopK = 20, TopP = 0.95f, Seed = 3 },
            new() { DoSample = true, Temperature = 0.7f, RepetitionPenalty = 1.2f, MinP = 0.05f, Seed = 4 },
        ];
        int[] shared = [2, .. Enumerable.Range(10, 30)];
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var own = Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(ScriptedDevice.Vocabulary));
            int[] prompt = i % 3 == 0 ? [.. own] : [.. shared[..random.Next(8, 31)], .. own];
            var request = Tokens(i, prompt, random.Next(1, 40), adapters[i % adapters.Length]);
            return request with { Sampling = samplings[i % samplings.Length] };
        })];
    }

    internal static GenerationRequest Tokens(long row, int[] prompt, int most, string? adapter) => new()
    {
        RowId = row,
        PromptTokens = prompt,
        MaxNewTokens = most,
        Adapter = adapter,
        Sampling = new SamplingOptions { DoSample = true, TopK = 20, Seed = 5 },
    };
}
