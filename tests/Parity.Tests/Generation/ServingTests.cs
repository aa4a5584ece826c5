using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>What a service does with models: loads them in the background, shares them, counts and logs what they do.</summary>
[TestClass]
[DoNotParallelize]
public sealed class ServingTests
{
    private static readonly ChatMessage Anchor = new(ChatRole.User, "Der Fischer trägt Holz.");
    private static readonly ChatOptions Greedy = new() { Temperature = 0 };

    [TestMethod]
    public async Task LoadAsync_Model_LoadsOnAnotherThreadAndLogsIt()
    {
        var logs = new ListedLogs();
        var loading = XlLoraModel.LoadAsync(ExportedModels.Demo, new() { LoggerFactory = logs });

        Assert.IsFalse(loading.IsCompleted, "the caller goes on while the model loads");
        await using var model = await loading;

        using var blocking = XlLoraModel.Load(ExportedModels.Demo);
        var expected = await blocking.AsChatClient("pos").GetResponseAsync([Anchor], Greedy);
        Assert.AreEqual(expected.Text, (await model.AsChatClient("pos").GetResponseAsync([Anchor], Greedy)).Text);
        Assert.MatchesRegex(
            "^Loaded .* \\(gemma3, fp32, 2 adapters\\) in [0-9.]+ s on cpu; engine Continuous: rows of any length .* run together$",
            logs.Entries.Single(e => e.Id == 1).Text);
        CollectionAssert.AreEqual(new[] { 1, 2, 3 }, logs.Entries.Select(e => e.Id).ToArray(), "loaded; planned and mounted for a row");
    }

    [TestMethod]
    public async Task LoadAsync_Cancelled_IsACancelledTaskAndLoadsNothing()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var logs = new ListedLogs();

        var model = XlLoraModel.LoadAsync(ExportedModels.Demo, new() { LoggerFactory = logs }, cancelled.Token);
        var embedder = TextEmbedder.LoadAsync(ExportedModels.DemoEncoder, new() { LoggerFactory = logs }, cancelled.Token);

        await Assert.ThrowsAsync<OperationCanceledException>(() => model);
        await Assert.ThrowsAsync<OperationCanceledException>(() => embedder);
        Assert.IsTrue(model.IsCanceled && embedder.IsCanceled);
        Assert.IsEmpty(logs.Entries);
        var later = await Assert.ThrowsExactlyAsync<DirectoryNotFoundException>(() => XlLoraModel.LoadAsync("no-such-folder"));
        Assert.Contains("no-such-folder", later.Message);
    }

    [TestMethod]
    [DataRow(TextEngine.Continuous)]
    [DataRow(TextEngine.GenAi)]
    public async Task DisposeAsync_WhileRowsRun_ReturnsAtOnceAndEndsThem(TextEngine engine)
    {
        var options = new XlLoraModelOptions { Engine = engine, GenAi = new GenAiTextGeneratorFactory() };
        var model = await XlLoraModel.LoadAsync(ExportedModels.Demo, options);
        var request = new GenerationRequest { RowId = 0, UserMessage = Anchor.Text, MaxNewTokens = 200, IgnoreStopTokens = true };
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = model.GenerateAsync([request with { OnText = _ => first.TrySetResult() }]).ToArrayAsync();
        await first.Task;

        var disposing = model.DisposeAsync();

        // the one engine ends the row, the other waits for it
        if (engine == TextEngine.Continuous)
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await running);
        else
            Assert.HasCount(1, await running);
        await disposing;
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await model.GenerateAsync([request]).ToArrayAsync());
    }

    [TestMethod]
    public async Task AddXlLoraChatClient_TwoAdapters_ShareOneModelThatTheContainerDisposes()
    {
        var services = new ServiceCollection();
        services.AddXlLoraModel(ExportedModels.Demo).Configure(o => o.Slots = 4);
        services.AddXlLoraChatClient(adapter: "pos").UseFunctionInvocation();
        services.AddXlLoraChatClient(adapter: "neg", serviceKey: "neg");
        var provider = services.BuildServiceProvider();
        var (positive, negative) = (provider.GetRequiredService<IChatClient>(), provider.GetRequiredKeyedService<IChatClient>("neg"));
        var model = provider.GetRequiredService<XlLoraModel>();

        var answers = await Task.WhenAll(positive.GetResponseAsync([Anchor], Greedy), negative.GetResponseAsync([Anchor], Greedy));

        Assert.AreNotEqual(answers[0].Text, answers[1].Text);
        Assert.AreSame(model, positive.GetService<XlLoraModel>());
        Assert.AreSame(model, negative.GetService<XlLoraModel>());
        Assert.AreEqual(4, model.Generator.PreferredBatchSize);
        Assert.IsNotNull(positive.GetService<FunctionInvokingChatClient>());
        await provider.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await model.GenerateAsync(
            [new GenerationRequest { RowId = 0, UserMessage = "x" }]).ToArrayAsync());
    }

    [TestMethod]
    public async Task AddXlLoraModel_Keyed_TakesTheOptionsOfItsName()
    {
        var services = new ServiceCollection();
        services.AddXlLoraModel(ExportedModels.Demo, serviceKey: "small");
        services.Configure<XlLoraModelOptions>("small", o => o.Slots = 3);
        services.AddXlLoraChatClient(modelKey: "small");
        await using var provider = services.BuildServiceProvider();

        var client = provider.GetRequiredService<IChatClient>();

        Assert.AreSame(provider.GetRequiredKeyedService<XlLoraModel>("small"), client.GetService<XlLoraModel>());
        Assert.AreEqual(3, client.GetService<XlLoraModel>()!.Generator.PreferredBatchSize);
        Assert.IsNull(provider.GetService<XlLoraModel>());
    }

    [TestMethod]
    [DataRow(TextEngine.Continuous)]
    [DataRow(TextEngine.GenAi)]
    public async Task GetStreamingResponseAsync_CutAtAStopSequence_CountsWhatWasGenerated(TextEngine engine)
    {
        var options = new XlLoraModelOptions { Engine = engine, GenAi = new GenAiTextGeneratorFactory() };
        await using var client = new XlLoraChatClient(ExportedModels.Demo, options, "pos");
        var whole = await client.GetResponseAsync([Anchor], Greedy);
        using var telemetry = new CollectedTelemetry([XlLoraTelemetry.ActivitySourceName]);

        var cut = await client.GetStreamingResponseAsync([Anchor], new() { Temperature = 0, StopSequences = [whole.Text[3..5]] })
            .ToChatResponseAsync();

        Assert.AreEqual(whole.Usage!.InputTokenCount, cut.Usage!.InputTokenCount);
        Assert.IsTrue(cut.Usage.OutputTokenCount > 0 && cut.Usage.OutputTokenCount < whole.Usage.OutputTokenCount);
        Assert.AreEqual(cut.Usage.InputTokenCount + cut.Usage.OutputTokenCount, cut.Usage.TotalTokenCount);
        var span = telemetry.Spans.Single();
        Assert.AreEqual((int)cut.Usage.OutputTokenCount!, span.GetTagItem("gen_ai.usage.output_tokens"));
        Assert.AreEqual((int)cut.Usage.InputTokenCount!, span.GetTagItem("gen_ai.usage.input_tokens"));
        Assert.AreEqual(ActivityStatusCode.Unset, span.Status);
        Assert.AreEqual(1, telemetry.Points("gen_ai.server.time_to_first_token").Sum(p => p.Count));
    }

    [TestMethod]
    public async Task GenerateAsync_Texts_CountsTokensAsTheEncoderReadThem()
    {
        using var folder = new TemporaryFolder();
        string[] texts = ["The farmer reads.", "", new string('a', 5000), "The farmer reads."];
        var services = new ServiceCollection();
        services.AddXlLoraEmbeddingGenerator(ExportedModels.DemoEncoder, o => (o.Cache, o.MaxSequenceLength) = (folder.Path, 16))
            .UseOpenTelemetry();
        await using var provider = services.BuildServiceProvider();
        var generator = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        using var telemetry = new CollectedTelemetry([XlLoraTelemetry.ActivitySourceName, "Experimental.Microsoft.Extensions.AI"]);
        var tokenizer = XlLoraTokenizer.Load(ExportedModels.DemoEncoder);

        var first = await generator.GenerateAsync(texts);
        var second = await generator.GenerateAsync([.. texts, "Another one."]);

        var expected = texts.Sum(t => Math.Min(16, tokenizer.EncodeToIds(t).Count));
        Assert.AreEqual((expected, expected), (first.Usage!.InputTokenCount!.Value, first.Usage.TotalTokenCount!.Value));
        Assert.IsNull(first.Usage.AdditionalCounts);
        Assert.AreEqual(tokenizer.EncodeToIds("Another one.").Count, second.Usage!.InputTokenCount);
        Assert.AreEqual(4, second.Usage.AdditionalCounts![XlLoraEmbeddingGenerator.CachedTextsCount]);
        Assert.HasCount(2, telemetry.Spans);
        Assert.AreEqual(2, telemetry.Points("gen_ai.client.operation.duration").Sum(p => p.Count), "the library leaves it to its caller");
        await provider.GetRequiredService<TextEmbedder>().EmbedAsync(texts);
        var direct = telemetry.Spans.Single(s => s.Source.Name == XlLoraTelemetry.ActivitySourceName);
        Assert.AreEqual("embeddings", direct.GetTagItem("gen_ai.operation.name"));
        Assert.AreEqual(128, direct.GetTagItem("gen_ai.embeddings.dimension.count"));
        Assert.AreEqual(0L, direct.GetTagItem("gen_ai.usage.input_tokens"), "all in the cache");
    }

    [TestMethod]
    public async Task ExportAsync_CancelledAndCalledAgain_GivesTheFolderOfAnUndisturbedExport()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        var caller = Environment.CurrentManagedThreadId;
        var threads = new List<int>();
        var progress = new Immediate(_ =>
        {
            threads.Add(Environment.CurrentManagedThreadId);
            cancellation.Cancel();
        });

        var options = new ExportOptions { Pooling = EmbeddingPooling.AvgFirstLast };
        var exporting = ModelExporter.ExportAsync(Repository.DemoEncoder(), folder.File("model"), options, progress, cancellation.Token);
        var interrupted = await Assert.ThrowsExactlyAsync<ExportInterruptedException>(() => exporting);
        var report = await ModelExporter.ExportAsync(Repository.DemoEncoder(), folder.File("model"), options);

        Assert.IsTrue(exporting.IsCanceled);
        Assert.DoesNotContain(caller, threads);
        Assert.IsTrue(Directory.Exists(report.Folder) && !Directory.Exists(interrupted.PartialFolder));
        var (whole, continued) = (Path.Combine(ExportedModels.DemoEncoder, "model.onnx.data"), folder.File("model/model.onnx.data"));
        CollectionAssert.AreEqual(File.ReadAllBytes(whole), File.ReadAllBytes(continued));
    }

    private sealed class Immediate(Action<ExportProgress> action) : IProgress<ExportProgress>
    {
        public void Report(ExportProgress value) => action(value);
    }
}
