using System.Net;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Server.Tests;

[TestClass]
public sealed class GenerationEndpointTests
{
    private const string Anchor = "Der Fischer trägt Holz.";

    [TestMethod]
    [DataRow("demo", null)]
    [DataRow("base", null)]
    [DataRow("demo:pos", "pos")]
    [DataRow("base:neg", "neg")]
    public async Task Chat_OfEachModel_IsWhatItsAdapterSays(string model, string? adapter)
    {
        await using var running = await Running.StartAsync();
        var expected = await Models.Demo.GenerateAsync([new GenerationRequest
        {
            RowId = 0, Messages = [new("user", Anchor)], Adapter = adapter, Sampling = SamplingOptions.Greedy, MaxNewTokens = 24,
        }]).SingleAsync();

        var (status, json) = await running.PostAsync("/v1/chat/completions", Chat(model));

        Assert.AreEqual(HttpStatusCode.OK, status, json.ToJsonString());
        Assert.AreEqual(expected.Text, (string?)json["choices"]![0]!["message"]!["content"]);
        Assert.AreEqual(expected.FinishReason == FinishReason.Length ? "length" : "stop", (string?)json["choices"]![0]!["finish_reason"]);
        Assert.AreEqual(expected.PromptTokenCount, (int?)json["usage"]!["prompt_tokens"]);
        Assert.AreEqual(expected.PromptTokenCount + expected.TokenCount, (int?)json["usage"]!["total_tokens"]);
        Assert.AreEqual(adapter is null ? "demo" : $"demo:{adapter}", (string?)json["model"]);
    }

    [TestMethod]
    public async Task Chat_Streamed_IsTheSameInPieces()
    {
        await using var running = await Running.StartAsync();
        var (_, whole) = await running.PostAsync("/v1/chat/completions", Chat("demo:pos"));

        var events = await running.StreamAsync("/v1/chat/completions",
            Chat("demo:pos", ("stream", true), ("stream_options", new JsonObject { ["include_usage"] = true })));

        Assert.AreEqual("[DONE]", events[^1]);
        var chunks = events[..^1].ConvertAll(e => JsonNode.Parse(e)!);
        Assert.AreEqual("assistant", (string?)chunks[0]["choices"]![0]!["delta"]!["role"]);
        Assert.AreEqual((string?)whole["choices"]![0]!["message"]!["content"],
            string.Concat(chunks[..^1].Select(c => (string?)c["choices"]![0]!["delta"]!["content"])));
        Assert.AreEqual((string?)whole["choices"]![0]!["finish_reason"], (string?)chunks[^2]["choices"]![0]!["finish_reason"]);
        Assert.AreEqual((int?)whole["usage"]!["total_tokens"], (int?)chunks[^1]["usage"]!["total_tokens"]);
        foreach (var chunk in chunks[..^1])
            Assert.IsTrue(chunk.AsObject().TryGetPropertyValue("usage", out var usage) && usage is null, chunk.ToJsonString());
        Assert.IsEmpty(chunks[^1]["choices"]!.AsArray());
    }

    [TestMethod]
    public async Task Completion_OfSeveralPrompts_AnswersEachInOrder()
    {
        await using var running = await Running.StartAsync();

        var (_, one) = await running.PostAsync("/v1/completions",
            new { model = "demo", prompt = "Die Köchin", temperature = 0, max_tokens = 8 });
        var (status, two) = await running.PostAsync("/v1/completions",
            new { model = "demo", prompt = new[] { "Der", "Die Köchin" }, temperature = 0, max_tokens = 8 });

        Assert.AreEqual(HttpStatusCode.OK, status, two.ToJsonString());
        Assert.HasCount(2, two["choices"]!.AsArray());
        Assert.AreEqual((string?)one["choices"]![0]!["text"], (string?)two["choices"]![1]!["text"]);
        Assert.AreEqual("text_completion", (string?)two["object"]);
    }

    [TestMethod]
    public async Task Chat_WithSeed_IsTheSameAgainAndAnotherWithAnother()
    {
        await using var running = await Running.StartAsync();
        async Task<string> Ask(int seed) => (string)(await running.PostAsync("/v1/chat/completions",
            Chat("demo", ("temperature", 2), ("seed", seed)))).Json["choices"]![0]!["message"]!["content"]!;

        Assert.AreEqual(await Ask(1), await Ask(1));
        Assert.AreNotEqual(await Ask(1), await Ask(2));
    }

    [TestMethod]
    public async Task Chat_WithStop_EndsBeforeIt()
    {
        await using var running = await Running.StartAsync();
        var text = (string)(await running.PostAsync("/v1/chat/completions", Chat("demo:pos"))).Json["choices"]![0]!["message"]!["content"]!;
        var stop = text[(text.Length / 2)..];

        var (_, json) = await running.PostAsync("/v1/chat/completions", Chat("demo:pos", ("stop", stop)));

        Assert.AreEqual(text[..text.IndexOf(stop, StringComparison.Ordinal)], (string?)json["choices"]![0]!["message"]!["content"]);
        Assert.AreEqual("stop", (string?)json["choices"]![0]!["finish_reason"]);
    }

    [TestMethod]
    [DataRow("n", "2")]
    [DataRow("logit_bias", """{"5": 1}""")]
    [DataRow("logprobs", "3")]
    [DataRow("top_logprobs", "3")]
    [DataRow("top_logprobs", "21")]
    [DataRow("frequency_penalty", "0.5")]
    [DataRow("tools", """[{"type": "function"}]""")]
    [DataRow("tool_choice", "\"required\"")]
    [DataRow("response_format", """{"type": "json_object"}""")]
    [DataRow("temperature", "3")]
    [DataRow("top_p", "0")]
    [DataRow("max_tokens", "100000")]
    [DataRow("max_completion_tokens", "0")]
    [DataRow("seed", "\"one\"")]
    [DataRow("stop", "[\"\"]")]
    [DataRow("messages", "[]")]
    [DataRow("messages[0].role", """[{"role": "tool", "content": "x"}]""")]
    [DataRow("messages[0].content", """[{"role": "user", "content": [{"type": "image_url"}]}]""")]
    [DataRow("messages", """[{"role": "user", "content": "<start_of_turn>"}]""")]
    public async Task Chat_ThatAsksForWhatIsNotThere_IsRefusedByName(string parameter, string value)
    {
        await using var running = await Running.StartAsync();

        var (status, json) = await running.PostAsync(
            "/v1/chat/completions", Chat("demo", (parameter.Split('[')[0], JsonNode.Parse(value))));

        Assert.AreEqual(HttpStatusCode.BadRequest, status, json.ToJsonString());
        Assert.AreEqual(parameter, (string?)json["error"]!["param"]);
        Assert.AreEqual("invalid_request_error", (string?)json["error"]!["type"]);
        Assert.AreNotEqual("", (string?)json["error"]!["message"]);
    }

    [TestMethod]
    public async Task Chat_WithWhatAsksForNothing_IsAnswered()
    {
        await using var running = await Running.StartAsync();

        var (status, json) = await running.PostAsync("/v1/chat/completions", Chat("demo", ("n", 1), ("tools", new JsonArray()),
            ("response_format", new JsonObject { ["type"] = "text" }), ("user", "somebody"), ("not_known_here", 1), ("logprobs", null)));

        Assert.AreEqual(HttpStatusCode.OK, status, json.ToJsonString());
    }

    [TestMethod]
    [DataRow("nobody", HttpStatusCode.NotFound, "model_not_found")]
    [DataRow("demo:nobody", HttpStatusCode.NotFound, "model_not_found")]
    [DataRow("encoder", HttpStatusCode.BadRequest, null)]
    public async Task Chat_OfAModelThatIsNotThere_IsRefused(string model, HttpStatusCode expected, string? code)
    {
        await using var running = await Running.StartAsync();

        var (status, json) = await running.PostAsync("/v1/chat/completions", Chat(model));

        Assert.AreEqual(expected, status);
        Assert.AreEqual("model", (string?)json["error"]!["param"]);
        Assert.AreEqual(code, (string?)json["error"]!["code"]);
    }

    [TestMethod]
    public async Task Chat_TooLong_SaysSoInsteadOfAStream()
    {
        await using var running = await Running.StartAsync();
        var text = string.Concat(Enumerable.Repeat(Anchor + " ", 5_000));

        var (status, json) = await running.PostAsync("/v1/chat/completions",
            Chat("demo", ("stream", true), ("messages", new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text }))));

        Assert.AreEqual(HttpStatusCode.BadRequest, status);
        Assert.AreEqual("context_length_exceeded", (string?)json["error"]!["code"]);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Chat_OfACallerWhoGoesAway_EndsItsRow(bool isStreamed)
    {
        var generator = new PatientGenerator();
        await using var running = await Running.OverAsync(generator);
        using var leave = new CancellationTokenSource();
        var asking = running.Http.PostAsync("/v1/chat/completions", Running.Json(Chat("scripted", ("stream", isStreamed))), leave.Token);
        await PatientGenerator.UntilAsync(() => generator.Started == 1);

        await leave.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => asking);

        await PatientGenerator.UntilAsync(() => generator.Abandoned == 1);
    }

    [TestMethod]
    [DataRow(RejectionKind.AdapterRemoved, "model_not_found", HttpStatusCode.NotFound)]
    [DataRow(RejectionKind.Failed, null, HttpStatusCode.InternalServerError)]
    public async Task Chat_OfARowThatEndsInAnError_SaysSoInAStreamToo(RejectionKind kind, string? code, HttpStatusCode expected)
    {
        var generator = new PatientGenerator(together: 2, kind);
        await using var running = await Running.OverAsync(generator);
        var streaming = running.StreamAsync("/v1/chat/completions", Chat("scripted:coming", ("stream", true)));
        var asking = running.PostAsync("/v1/chat/completions", Chat("scripted:coming"));
        await PatientGenerator.UntilAsync(() => generator.Started == 2);

        generator.Release();

        var (status, json) = await asking;
        Assert.AreEqual(expected, status);
        Assert.AreEqual(code, (string?)json["error"]!["code"]);
        var events = await streaming;
        Assert.AreEqual("piece", (string?)JsonNode.Parse(events[1])!["choices"]![0]!["delta"]!["content"]);
        Assert.AreEqual(code, (string?)JsonNode.Parse(events[^1])!["error"]!["code"]);
    }

    /// <summary>Whatever a caller can write is the caller's fault, not the server's.</summary>
    [TestMethod]
    [DataRow("""{"prompt": []}""", HttpStatusCode.BadRequest)]
    [DataRow("""{"prompt": [[]]}""", HttpStatusCode.BadRequest)]
    [DataRow("""{"prompt": [-1]}""", HttpStatusCode.BadRequest)]
    [DataRow("""{"prompt": [[1], 2]}""", HttpStatusCode.BadRequest)]
    [DataRow("""{"prompt": [999999999]}""", HttpStatusCode.BadRequest)]
    [DataRow("""{"prompt": ["Der", 5]}""", HttpStatusCode.BadRequest)]
    [DataRow("""{"prompt": {"text": "Der"}}""", HttpStatusCode.BadRequest)]
    [DataRow("""{"prompt": "a\u0000b"}""", HttpStatusCode.BadRequest)]
    [DataRow("""{"prompt": "Der", "logprobs": 6}""", HttpStatusCode.BadRequest)]
    [DataRow("""{"prompt": "Der", "top_k": 9999999999}""", HttpStatusCode.BadRequest)]
    [DataRow("""{"prompt": "Der", "top_p": 1e-60}""", HttpStatusCode.BadRequest)]
    [DataRow("""{"prompt": "Der", "temperature": 1e999}""", HttpStatusCode.BadRequest)]
    [DataRow("""{"prompt": "Der", "temperature": 1e-30}""", HttpStatusCode.OK)]
    [DataRow("""{"prompt": "Der", "temperature": 2, "top_k": 2147483647, "min_p": 1, "seed": -9223372036854775808}""", HttpStatusCode.OK)]
    [DataRow("""{"prompt": "Der", "repetition_penalty": 100, "stop": ["a", "b"]}""", HttpStatusCode.OK)]
    [DataRow("""{"prompt": ""}""", HttpStatusCode.OK)]
    public async Task Completion_AtTheEdges_IsAnsweredOrRefused(string fields, HttpStatusCode expected)
    {
        await using var running = await Running.StartAsync();
        var body = JsonNode.Parse(fields)!.AsObject();
        (body["model"], body["max_tokens"]) = ("demo", 4);

        var (status, json) = await running.PostAsync("/v1/completions", body.ToJsonString());

        Assert.AreEqual(expected, status, json.ToJsonString());
    }

    internal static JsonObject Chat(string model, params (string Name, JsonNode? Value)[] fields)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = Anchor }),
            ["temperature"] = 0,
            ["max_tokens"] = 24,
        };
        foreach (var (name, value) in fields)
            body[name] = value;
        return body;
    }
}
