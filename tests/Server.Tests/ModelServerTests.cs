using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Server.Tests;

[TestClass]
public sealed class ModelServerTests
{
    [TestMethod]
    public async Task Models_AreTheBaseItsAdaptersAndTheEncoder()
    {
        await using var running = await Running.StartAsync();

        var list = JsonNode.Parse(await running.Http.GetStringAsync("/v1/models"))!;
        var one = JsonNode.Parse(await running.Http.GetStringAsync("/v1/models/demo:pos"))!;

        CollectionAssert.AreEqual(new[] { "demo", "demo:pos", "demo:neg", "encoder" },
            list["data"]!.AsArray().Select(m => (string?)m!["id"]).ToArray());
        Assert.AreEqual("model", (string?)one["object"]);
        Assert.AreEqual("""{"status":"ok"}""", await running.Http.GetStringAsync("/health"));
    }

    [TestMethod]
    public async Task Request_WhenAsManyWaitAsMay_IsToldToComeAgain()
    {
        var generator = new PatientGenerator(together: 2);
        await using var running = await Running.OverAsync(generator, new() { MaxWaiting = 1 });
        var chat = GenerationEndpointTests.Chat("scripted").ToJsonString();
        var asking = Enumerable.Range(0, 3).Select(_ => running.PostAsync("/v1/chat/completions", chat)).ToArray();
        await PatientGenerator.UntilAsync(() => generator.Started == 3);

        using var refused = await running.Http.PostAsync("/v1/chat/completions", Running.Json(chat));
        generator.Release();

        Assert.AreEqual(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.AreEqual(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        foreach (var answered in await Task.WhenAll(asking))
            Assert.AreEqual(HttpStatusCode.OK, answered.Status);
        // their places are free once their answers were sent
        await PatientGenerator.UntilAsync(
            async () => (await running.PostAsync("/v1/chat/completions", chat)).Status == HttpStatusCode.OK);
    }

    [TestMethod]
    public async Task StopAsync_WhileAnAnswerRuns_LetsItEndAndRefusesOthers()
    {
        var generator = new PatientGenerator(together: 8);
        await using var running = await Running.OverAsync(generator);
        var chat = GenerationEndpointTests.Chat("scripted", ("stream", true)).ToJsonString();
        var asking = running.StreamAsync("/v1/chat/completions", chat);
        await PatientGenerator.UntilAsync(() => generator.Started == 1);

        var stopping = running.Server.StopAsync();
        using var refused = await running.Http.PostAsync("/v1/chat/completions", Running.Json(chat));
        using var health = await running.Http.GetAsync("/health");
        Assert.IsFalse(stopping.IsCompleted);
        generator.Release();
        await stopping;

        Assert.AreEqual(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.AreEqual(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.AreEqual("[DONE]", (await asking)[^1]);
        Assert.AreEqual(0, generator.Abandoned);
        await Assert.ThrowsAsync<HttpRequestException>(() => running.Http.GetAsync("/health"));
    }

    [TestMethod]
    public async Task StopAsync_OfAnAnswerThatDoesNotEnd_EndsItAndSaysSo()
    {
        var generator = new PatientGenerator();
        await using var running = await Running.OverAsync(generator, new() { DrainTimeout = TimeSpan.FromMilliseconds(100) });
        var asking = running.StreamAsync("/v1/chat/completions", GenerationEndpointTests.Chat("scripted", ("stream", true)));
        await PatientGenerator.UntilAsync(() => generator.Started == 1);

        await running.Server.StopAsync();

        StringAssert.Contains((await asking)[^1], "shutting_down");
        Assert.AreEqual(1, generator.Abandoned);
    }

    [TestMethod]
    [DataRow("0.0.0.0", "no API key")]
    [DataRow("example.org", "IP address")]
    public async Task StartAsync_OnAnAddressThatIsOpenOrNone_IsRefused(string host, string why)
    {
        var refused = await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => ModelServer.StartAsync(Models.Demo, null, new ModelServerOptions { Host = host, Port = 0 }));

        StringAssert.Contains(refused.Message, why);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("two words of a key")]
    [DataRow("schlüssel-eines-rufers")]
    public async Task StartAsync_WithAKeyThatNoHeaderCarries_IsRefused(string key)
    {
        var refused = await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => ModelServer.StartAsync(Models.Demo, null, new ModelServerOptions { ApiKeys = ["a-key-of-a-caller-1", key], Port = 0 }));

        StringAssert.Contains(refused.Message, "no header");
    }

    [TestMethod]
    [DataRow("/v1/models/of/somebody")]
    [DataRow("/v1/models/of%2Fsomebody")]
    public async Task Model_WithASlashInItsName_IsFound(string path)
    {
        await using var running = await Running.StartAsync(new() { ModelName = "of/somebody" });

        var one = JsonNode.Parse(await running.Http.GetStringAsync(path))!;

        Assert.AreEqual("of/somebody", (string?)one["id"]);
    }

    /// <summary>W3C Trace Context: a row's span lies in the trace of whoever asked.</summary>
    [TestMethod]
    public async Task Request_WithATraceparent_HasTheSpanOfItsRowInThatTrace()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is XlLoraTelemetry.ActivitySourceName or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var running = await Running.StartAsync();
        var trace = ActivityTraceId.CreateRandom();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = Running.Json(GenerationEndpointTests.Chat("demo:pos")),
        };
        request.Headers.Add("traceparent", $"00-{trace}-00f067aa0ba902b7-01");

        var (status, _) = await running.SendAsync(request);

        Assert.AreEqual(HttpStatusCode.OK, status);
        var span = spans.Single(s => s.TraceId == trace && s.Source.Name == XlLoraTelemetry.ActivitySourceName);
        Assert.AreEqual("chat demo", span.DisplayName);
        Assert.AreEqual("pos", span.GetTagItem(XlLoraTelemetry.AdapterAttribute));
    }

    [TestMethod]
    public async Task Metrics_AfterAnAnswer_CountIt()
    {
        await using var running = await Running.StartAsync();
        await running.PostAsync("/v1/chat/completions", GenerationEndpointTests.Chat("demo:pos"));
        await running.PostAsync("/v1/chat/completions", GenerationEndpointTests.Chat("nobody"));

        var text = "";

        // a request is counted after its answer was sent
        foreach (var status in (string[])["200", "404"])
            await PatientGenerator.UntilAsync(async () => (text = await running.Http.GetStringAsync("/metrics")).Contains(
                $"xllora_server_requests_total{{route=\"/v1/chat/completions\",status=\"{status}\"}} 1\n", StringComparison.Ordinal));
        StringAssert.Contains(text, "# TYPE gen_ai_server_request_duration_seconds histogram\n");
        StringAssert.Contains(text, "xllora_adapter=\"pos\",le=\"+Inf\"}");
        StringAssert.Contains(text, "# TYPE xllora_generated_tokens_total counter\n");
    }
}
