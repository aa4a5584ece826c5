using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class XlLoraChatClientTests
{
    private static readonly SamplingOptions Defaults = new() { DoSample = true, Temperature = 0.7f, TopK = 64, TopP = 0.95f };
    private static readonly ChatMessage Hello = new(ChatRole.User, "Hello");

    [TestMethod]
    public async Task GetResponseAsync_Conversation_IsAnsweredWithUsageAndReason()
    {
        var generator = new PiecewiseGenerator("Good", " day", ".");
        using var client = Client(generator, "pos");

        var response = await client.GetResponseAsync(
            [new(ChatRole.System, "Be polite."), Hello, new(ChatRole.Assistant, "Yes?"), new(ChatRole.User, "Well")]);

        Assert.AreEqual("Good day.", response.Text);
        Assert.AreEqual(ChatFinishReason.Stop, response.FinishReason);
        Assert.AreEqual("demo", response.ModelId);
        Assert.AreEqual((10L, 3L, 13L),
            (response.Usage!.InputTokenCount!.Value, response.Usage.OutputTokenCount!.Value, response.Usage.TotalTokenCount!.Value));
        var request = generator.Requests.Single();
        CollectionAssert.AreEqual(
            new ChatTurn[] { new("system", "Be polite."), new("user", "Hello"), new("assistant", "Yes?"), new("user", "Well") },
            request.Messages!.ToArray());
        Assert.AreEqual("pos", request.Adapter);
        Assert.AreEqual(Defaults, request.Sampling! with { Seed = Defaults.Seed });
    }

    [TestMethod]
    public async Task GetResponseAsync_Options_BecomeTheRequest()
    {
        var generator = new PiecewiseGenerator("x");
        using var client = Client(generator);

        await client.GetResponseAsync([Hello], new ChatOptions
        {
            Temperature = 0.5f,
            TopK = 7,
            TopP = 0.5f,
            Seed = 9,
            MaxOutputTokens = 11,
            Instructions = "Be brief.",
            AdditionalProperties = new() { ["adapter"] = "neg" },
        });

        var request = generator.Requests.Single();
        Assert.AreEqual(new SamplingOptions { DoSample = true, Temperature = 0.5f, TopK = 7, TopP = 0.5f, Seed = 9 }, request.Sampling);
        Assert.AreEqual(11, request.MaxNewTokens);
        Assert.AreEqual("neg", request.Adapter);
        Assert.AreEqual(new ChatTurn("system", "Be brief."), request.Messages![0]);
    }

    [TestMethod]
    public async Task GetResponseAsync_TemperatureZero_IsGreedyAndNoneIsTheBaseModel()
    {
        var generator = new PiecewiseGenerator("x");
        using var client = Client(generator, "pos");

        await client.GetResponseAsync([Hello], new() { Temperature = 0, AdditionalProperties = new() { ["adapter"] = "none" } });

        Assert.IsFalse(generator.Requests.Single().Sampling!.DoSample);
        Assert.IsNull(generator.Requests.Single().Adapter);
        generator.Requests.Single().Sampling!.Validate();
    }

    [TestMethod]
    public async Task GetResponseAsync_WithoutASeed_DrawsAnotherSeedEachTime()
    {
        var generator = new PiecewiseGenerator("x");
        using var client = Client(generator);

        for (var i = 0; i < 4; i++)
            await client.GetResponseAsync([Hello], i < 2 ? null : new ChatOptions { Seed = 5 });

        var requests = generator.Requests;
        Assert.AreNotEqual(requests[0].Sampling!.Seed, requests[1].Sampling!.Seed);
        Assert.AreEqual(
            (requests[2].RandomStream, requests[2].Sampling), (requests[3].RandomStream, requests[3].Sampling), "a seed is an answer");
        Assert.AreEqual(4, requests.Select(r => r.RowId).Distinct().Count());
    }

    [TestMethod]
    public async Task GetStreamingResponseAsync_Pieces_ComeBeforeTheAnswerIsDone()
    {
        var gate = new TaskCompletionSource();
        using var client = Client(new PiecewiseGenerator("one", " two") { AfterTheFirst = gate.Task });
        var texts = new List<string>();

        await foreach (var update in client.GetStreamingResponseAsync([Hello]))
        {
            texts.Add(update.Text);
            gate.TrySetResult();
        }

        CollectionAssert.AreEqual(new[] { "one", " two", "" }, texts);
    }

    [TestMethod]
    public async Task GetStreamingResponseAsync_StopSequenceAcrossPieces_EndsTheRowBeforeIt()
    {
        var generator = new PiecewiseGenerator("a <", "b", " EN", "D", " more") { AfterTheFirst = Task.Delay(1) };
        using var client = Client(generator);
        var updates = await client.GetStreamingResponseAsync([Hello], new() { StopSequences = ["END", "###"] }).ToListAsync();

        Assert.AreEqual("a <b ", string.Concat(updates.Select(u => u.Text)));
        Assert.AreEqual(ChatFinishReason.Stop, updates[^1].FinishReason);
        Assert.IsTrue(updates.All(u => !u.Text.Contains('E')));
    }

    [TestMethod]
    public async Task GetStreamingResponseAsync_LeftOrCancelled_EndsTheRow()
    {
        var generator = new PiecewiseGenerator("one", "two") { AfterTheFirst = new TaskCompletionSource().Task };
        using var client = Client(generator);
        using var cancel = new CancellationTokenSource();

        await foreach (var _ in client.GetStreamingResponseAsync([Hello]))
            break;
        Assert.AreEqual(1, generator.Abandoned);
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.GetStreamingResponseAsync([Hello], cancellationToken: cancel.Token))
                await cancel.CancelAsync();
        });
        Assert.AreEqual(2, generator.Abandoned);
    }

    [TestMethod]
    public async Task GetResponseAsync_ManyCallersAtOnce_EachGetsItsOwn()
    {
        var generator = new PiecewiseGenerator("a", "b") { AfterTheFirst = Task.Delay(10) };
        using var client = Client(generator);

        var responses = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.GetResponseAsync([Hello])));

        Assert.IsTrue(responses.All(r => r.Text == "ab"));
        Assert.AreEqual(50, generator.Requests.Select(r => r.RowId).Distinct().Count());
    }

    [TestMethod]
    [DataRow(RejectionKind.TooLong, typeof(ArgumentException))]
    [DataRow(RejectionKind.SpecialToken, typeof(ArgumentException))]
    [DataRow(RejectionKind.Invalid, typeof(ArgumentException))]
    [DataRow(RejectionKind.AdapterRemoved, typeof(InvalidOperationException))]
    [DataRow(RejectionKind.Failed, typeof(InvalidOperationException))]
    public async Task GetResponseAsync_RejectedRow_IsAnExceptionWithItsMessage(RejectionKind kind, Type exception)
    {
        using var client = Client(new PiecewiseGenerator { Result = r => ScriptedGenerator.Reject(r, kind, "the reason") });

        var e = await Assert.ThrowsAsync<Exception>(() => client.GetResponseAsync([Hello]));

        Assert.AreEqual(exception, e.GetType());
        Assert.AreEqual("the reason", e.Message);
    }

    [TestMethod]
    public async Task GetResponseAsync_WhatIsNotThere_IsRefusedByNameAllAtOnce()
    {
        using var client = Client(new PiecewiseGenerator("x"));
        var options = new ChatOptions
        {
            Tools = [AIFunctionFactory.Create(() => 1, "weather")],
            ResponseFormat = ChatResponseFormat.Json,
            FrequencyPenalty = 1,
        };

        var e = await Assert.ThrowsExactlyAsync<NotSupportedException>(() => client.GetResponseAsync([Hello], options));

        foreach (var name in new[] { "weather", "ResponseFormat", "FrequencyPenalty" })
            StringAssert.Contains(e.Message, name);
        await client.GetResponseAsync([Hello], new ChatOptions { ResponseFormat = ChatResponseFormat.Text, ModelId = "demo" });
        await Assert.ThrowsExactlyAsync<NotSupportedException>(() => client.GetResponseAsync([Hello], new ChatOptions { ModelId = "pos" }));
        await Assert.ThrowsExactlyAsync<NotSupportedException>(() => client.GetResponseAsync([new ChatMessage(ChatRole.Tool, "x")]));
        await Assert.ThrowsExactlyAsync<NotSupportedException>(
            () => client.GetResponseAsync([new ChatMessage(ChatRole.User, [new UriContent("https://example.org/a.png", "image/png")])]));
        await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => client.GetResponseAsync([Hello], new ChatOptions { AdditionalProperties = new() { ["adapter"] = 1 } }));
        await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => client.GetResponseAsync([Hello], new ChatOptions { StopSequences = [""] }));
    }

    [TestMethod]
    public void GetService_KnowsWhatItServes()
    {
        var generator = new PiecewiseGenerator();
        using var client = Client(generator);

        Assert.AreEqual("demo", client.GetRequiredService<ChatClientMetadata>().DefaultModelId);
        Assert.AreSame(generator, client.GetService<ITextGenerator>());
        Assert.AreSame(client, client.GetService<IChatClient>());
        Assert.IsNull(client.GetService(typeof(ITextGenerator), "key"));
    }

    private static XlLoraChatClient Client(ITextGenerator generator, string? adapter = null) =>
        new(generator, new TracedModel("demo", Defaults, EnableSensitiveData: false), adapter);
}
