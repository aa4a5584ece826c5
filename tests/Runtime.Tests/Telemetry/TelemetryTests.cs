using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using OpenTelemetry.Trace;
using static XlLoraOnnx.Runtime.Tests.ContinuousTextGeneratorTests;

namespace XlLoraOnnx.Runtime.Tests;

/// <summary>Spans and metrics as the OpenTelemetry SDK sees them, over scripted devices and generators.</summary>
[TestClass]
[DoNotParallelize]
public sealed class TelemetryTests
{
    private static readonly ChatMessage Secret = new(ChatRole.User, "the secret word");

    [TestMethod]
    public async Task GenerateAsync_Rows_AreASpanAndNumbersEach()
    {
        using var folder = new ScriptedFolder("pos");
        using var telemetry = new CollectedTelemetry([XlLoraTelemetry.ActivitySourceName]);
        using var generator = Observed(folder.Generator(new ScriptedDevice()));
        var requests = Rows(40, [null, "pos"]);

        var results = await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);

        Assert.HasCount(40, telemetry.Spans);
        var span = telemetry.Spans.Single(s => (int)s.GetTagItem("gen_ai.request.max_tokens")! == requests[1].MaxNewTokens
            && (int?)s.GetTagItem("gen_ai.usage.input_tokens") == requests[1].PromptTokens!.Count
            && (string?)s.GetTagItem("xllora.adapter") == "pos");
        Assert.AreEqual("text_completion demo", span.DisplayName);
        Assert.AreEqual(ActivityKind.Internal, span.Kind);
        AssertTags(span, ("gen_ai.operation.name", "text_completion"), ("gen_ai.provider.name", "xllora-onnx"),
            ("gen_ai.request.model", "demo"), ("gen_ai.response.model", "demo"),
            ("gen_ai.usage.output_tokens", results[1].TokenCount));
        CollectionAssert.AreEqual(
            new[] { results[1].FinishReason == FinishReason.Length ? "length" : "stop" },
            (string[])span.GetTagItem("gen_ai.response.finish_reasons")!);
        var tokens = telemetry.Points("gen_ai.client.token.usage");
        double Tokens(string type) => tokens.Where(p => p.Tags["gen_ai.token.type"] as string == type).Sum(p => p.Sum);
        Assert.AreEqual(results.Values.Sum(r => r.PromptTokenCount), Tokens("input"));
        Assert.AreEqual(results.Values.Sum(r => r.TokenCount), Tokens("output"));
        Assert.IsTrue(tokens.All(p => p.Unit == "{token}" && p.Meter == XlLoraTelemetry.MeterName));
        string[] durations = ["gen_ai.client.operation.duration", "gen_ai.server.request.duration", "gen_ai.server.time_to_first_token"];
        foreach (var name in durations)
        {
            var points = telemetry.Points(name);
            Assert.AreEqual(40, points.Sum(p => p.Count), name);
            Assert.AreEqual(20, points.Where(p => "pos".Equals(p.Tags.GetValueOrDefault("xllora.adapter"))).Sum(p => p.Count), name);
            Assert.IsTrue(points.All(p => p.Unit == "s" && p.Sum > 0), name);
        }
        Assert.AreEqual(
            results.Values.Count(r => r.TokenCount > 1), telemetry.Points("gen_ai.server.time_per_output_token").Sum(p => p.Count));
        Assert.IsLessThanOrEqualTo(telemetry.Points(durations[1]).Sum(p => p.Sum), telemetry.Points(durations[2]).Sum(p => p.Sum));
    }

    [TestMethod]
    public async Task GenerateAsync_RejectedAndAbandonedRows_AreErrors()
    {
        using var folder = new ScriptedFolder();
        using var telemetry = new CollectedTelemetry([XlLoraTelemetry.ActivitySourceName]);
        using var generator = Observed(folder.Generator(new ScriptedDevice()));

        await generator.GenerateAsync([Tokens(0, [], 5, null)]).SingleAsync();
        await foreach (var _ in generator.GenerateAsync(Rows(50, [null])))
            break;
        await Assert.ThrowsExactlyAsync<ArgumentException>(
            async () => await generator.GenerateAsync([Tokens(1, [2], 5, "unknown")]).SingleAsync());

        var errors = telemetry.Spans.Select(s => (string?)s.GetTagItem("error.type")).CountBy(e => e ?? "").ToDictionary();
        Assert.AreEqual(1, errors["Invalid"]);
        Assert.AreEqual(1, errors["System.ArgumentException"]);
        Assert.AreEqual(49, errors["System.OperationCanceledException"]);
        Assert.AreEqual(1, errors[""]);
        Assert.IsTrue(telemetry.Spans.Where(s => s.GetTagItem("error.type") is not null)
            .All(s => s is { Status: ActivityStatusCode.Error, StatusDescription: null }));
        Assert.AreEqual(49, telemetry.Points("gen_ai.client.operation.duration")
            .Where(p => "System.OperationCanceledException".Equals(p.Tags.GetValueOrDefault("error.type"))).Sum(p => p.Count));
    }

    [TestMethod]
    public async Task GetStreamingResponseAsync_Answer_IsOneSpanBelowTheCallersAndLeavesItCurrent()
    {
        using var telemetry = new CollectedTelemetry([XlLoraTelemetry.ActivitySourceName, "caller"]);
        using var source = new ActivitySource("caller");
        var generator = Observed(new PiecewiseGenerator("a", "b", "END", "c"));
        using var client = new XlLoraChatClient(generator, Model(), "pos");

        using (var caller = source.StartActivity("caller"))
        {
            await foreach (var _ in client.GetStreamingResponseAsync([Secret], Options()))
                Assert.AreSame(caller, Activity.Current);
            Assert.AreSame(caller, Activity.Current);
        }

        var span = telemetry.Spans.Single(s => s.Source.Name == XlLoraTelemetry.ActivitySourceName);
        Assert.AreEqual("chat demo", span.DisplayName);
        Assert.AreEqual(telemetry.Spans.Single(s => s.Source.Name == "caller").SpanId, span.ParentSpanId);
        AssertTags(span, ("gen_ai.operation.name", "chat"), ("gen_ai.request.max_tokens", 7), ("gen_ai.request.seed", 3L),
            ("gen_ai.request.temperature", 0.5), ("gen_ai.request.top_k", 9.0), ("gen_ai.request.top_p", 0.25), ("xllora.adapter", "pos"));
        CollectionAssert.AreEqual(new[] { "END" }, (string[])span.GetTagItem("gen_ai.request.stop_sequences")!);
        CollectionAssert.AreEqual(new[] { "stop" }, (string[])span.GetTagItem("gen_ai.response.finish_reasons")!);
        Assert.AreEqual(1, telemetry.Points("gen_ai.client.operation.duration").Sum(p => p.Count));
        Assert.IsFalse(span.TagObjects.Any(t => t.Value is string text && text.Contains("secret", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task GetResponseAsync_SensitiveDataEnabled_HasPromptAndAnswer()
    {
        using var telemetry = new CollectedTelemetry([XlLoraTelemetry.ActivitySourceName]);
        using var client = new XlLoraChatClient(Observed(new PiecewiseGenerator("Je", "s\ud800\"")), Model(sensitive: true), adapter: null);

        await client.GetResponseAsync([Secret]);

        AssertTags(telemetry.Spans.Single(),
            ("gen_ai.input.messages", """[{"role":"user","parts":[{"type":"text","content":"the secret word"}]}]"""),
            ("gen_ai.output.messages",
                """[{"role":"assistant","parts":[{"type":"text","content":"Jes\uFFFD\""}],"finish_reason":"stop"}]"""));
    }

    [TestMethod]
    [DataRow(true, true, DisplayName = "spans and metrics")]
    [DataRow(true, false, DisplayName = "metrics; spans are not sampled")]
    [DataRow(false, false, DisplayName = "metrics alone")]
    public async Task UseOpenTelemetry_AroundAClient_CountsACallOnce(bool spans, bool sampled)
    {
        Sampler sampler = sampled ? new AlwaysOnSampler() : new AlwaysOffSampler();
        using var telemetry = new CollectedTelemetry(
            [XlLoraTelemetry.ActivitySourceName, "Experimental.Microsoft.Extensions.AI"], spans, sampler: sampler);
        var ours = new XlLoraChatClient(Observed(new PiecewiseGenerator("a", "b")), Model(), "pos");
        using var client = ours.AsBuilder().UseOpenTelemetry().UseFunctionInvocation().Build();

        await client.GetResponseAsync([Secret]);
        await client.GetStreamingResponseAsync([Secret]).ToListAsync();

        Assert.AreEqual(2, telemetry.Points("gen_ai.client.operation.duration").Sum(p => p.Count));
        Assert.AreEqual(4, telemetry.Points("gen_ai.client.token.usage").Sum(p => p.Count), "input and output, twice");
        Assert.AreEqual(2, telemetry.Points("gen_ai.server.request.duration").Sum(p => p.Count), "only the library knows");
        Assert.HasCount(spans && sampled ? 2 : 0, telemetry.Spans.Where(s => s.GetTagItem("gen_ai.operation.name") is "chat"));
        foreach (var span in telemetry.Spans.Where(s => s.GetTagItem("gen_ai.operation.name") is "chat"))
            AssertTags(span, ("xllora.adapter", "pos"), ("gen_ai.provider.name", "xllora-onnx"), ("gen_ai.request.model", "demo"));
    }

    [TestMethod]
    public async Task UseOpenTelemetry_AroundAnotherModelThatAsksThisOne_CountsBoth()
    {
        using var telemetry = new CollectedTelemetry([XlLoraTelemetry.ActivitySourceName, "Experimental.Microsoft.Extensions.AI"]);
        using var inner = new XlLoraChatClient(Observed(new PiecewiseGenerator("a")), Model(), adapter: null);
        using var outer = new XlLoraChatClient(Observed(new PiecewiseGenerator("b")), Model() with { Name = "other" }, adapter: null)
            .AsBuilder().UseOpenTelemetry().Use(async (messages, options, next, cancel) =>
            {
                await inner.GetResponseAsync(messages, options, cancel);
                await next(messages, options, cancel);
            }).Build();

        await outer.GetResponseAsync([Secret]);

        CollectionAssert.AreEquivalent(new[] { "chat other", "chat demo" }, telemetry.Spans.Select(s => s.DisplayName).ToArray());
        Assert.AreEqual(2, telemetry.Points("gen_ai.client.operation.duration").Sum(p => p.Count));
    }

    [TestMethod]
    public async Task GenerateAsync_NobodyListens_PassesRequestsOnAsTheyAre()
    {
        var inner = new PiecewiseGenerator("a");
        using var generator = Observed(inner);
        var request = new GenerationRequest { RowId = 4, UserMessage = "x", OnText = _ => { } };

        await generator.GenerateAsync([request]).SingleAsync();

        Assert.AreSame(request, inner.Requests.Single());
    }

    private static ChatOptions Options() => new()
    {
        Temperature = 0.5f,
        TopK = 9,
        TopP = 0.25f,
        Seed = 3,
        MaxOutputTokens = 7,
        StopSequences = ["END"],
    };

    private static TracedModel Model(bool sensitive = false) => new("demo", SamplingOptions.Greedy, sensitive);

    private static ObservedTextGenerator Observed(ITextGenerator inner) => new(inner, Model(), NullLogger.Instance);

    private static void AssertTags(Activity span, params (string Name, object Value)[] expected)
    {
        foreach (var (name, value) in expected)
            Assert.AreEqual(value, span.GetTagItem(name), name);
    }
}
