using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Server.Tests;

[TestClass]
public sealed class AnswerProbabilitiesTests
{
    [TestMethod]
    [DataRow(0)]
    [DataRow(2)]
    public async Task Chat_WithLogprobs_TellsThoseOfItsTokens(int top)
    {
        await using var running = await Running.StartAsync();
        var expected = await Models.Demo.GenerateAsync([new GenerationRequest
        {
            RowId = 0, Messages = [new("user", "Der Fischer trägt Holz.")], Adapter = "pos", Sampling = SamplingOptions.Greedy,
            MaxNewTokens = 24, LogProbabilities = top,
        }]).SingleAsync();

        var (status, json) = await running.PostAsync("/v1/chat/completions",
            GenerationEndpointTests.Chat("demo:pos", ("logprobs", true), ("top_logprobs", top)));

        Assert.AreEqual(HttpStatusCode.OK, status, json.ToJsonString());
        var message = (string)json["choices"]![0]!["message"]!["content"]!;
        var content = json["choices"]![0]!["logprobs"]!["content"]!.AsArray();
        Assert.AreEqual(message, string.Concat(content.Select(t => (string?)t!["token"])));
        CollectionAssert.AreEqual(Encoding.UTF8.GetBytes(message),
            content.SelectMany(t => t!["bytes"]!.AsArray().Select(b => (byte)b!)).ToArray());
        for (var i = 0; i < content.Count; i++)
        {
            Assert.AreEqual(expected.LogProbabilities![i].Chosen.LogProbability, (double)content[i]!["logprob"]!, 1e-4);
            Assert.HasCount(top, content[i]!["top_logprobs"]!.AsArray());
            if (top > 0)
                Assert.AreEqual((string?)content[i]!["token"], (string?)content[i]!["top_logprobs"]![0]!["token"]);
        }
    }

    [TestMethod]
    public async Task Chat_StreamedWithLogprobs_TellsTheSameInPieces()
    {
        await using var running = await Running.StartAsync();
        var (_, whole) = await running.PostAsync("/v1/chat/completions", Asked());

        var events = await running.StreamAsync("/v1/chat/completions", Asked(("stream", true)));

        var told = events[..^1].Select(e => JsonNode.Parse(e)!["choices"]![0]!["logprobs"]?["content"]).OfType<JsonArray>().ToArray();
        Assert.IsGreaterThan(1, told.Length);
        CollectionAssert.AreEqual(whole["choices"]![0]!["logprobs"]!["content"]!.AsArray().Select(Told).ToArray(),
            told.SelectMany(t => t).Select(Told).ToArray());
    }

    [TestMethod]
    public async Task Completion_WithLogprobs_TellsTokensPlacesAndTheLikeliest()
    {
        await using var running = await Running.StartAsync();

        var (status, json) = await running.PostAsync("/v1/completions",
            new { model = "demo:pos", prompt = new[] { "Der Fischer", "Die Köchin" }, temperature = 0, max_tokens = 12, logprobs = 2 });

        Assert.AreEqual(HttpStatusCode.OK, status, json.ToJsonString());
        foreach (var choice in json["choices"]!.AsArray())
        {
            var (text, told) = ((string)choice!["text"]!, choice["logprobs"]!);
            string[] tokens = [.. told["tokens"]!.AsArray().Select(t => (string)t!)];
            Assert.AreEqual(text, string.Concat(tokens));
            for (var i = 0; i < tokens.Length; i++)
            {
                Assert.AreEqual(tokens[i], text[(int)told["text_offset"]![i]!..][..tokens[i].Length]);
                var top = told["top_logprobs"]![i]!.AsObject();
                Assert.AreEqual((double)told["token_logprobs"]![i]!, (double)top[tokens[i]]!);
                Assert.HasCount(2, top);
            }
        }
    }

    /// <summary>Bytes of a character that is in no vocabulary, as SentencePiece writes them.</summary>
    [TestMethod]
    public void Of_TokensThatAreBytes_GivesTheBytesAndCountsTheCharacterOnce()
    {
        var tokenizer = Models.Demo.Tokenizer;
        TokenLogProbabilities[] bytes = [.. Encoding.UTF8.GetBytes("€!").Select(b =>
            new TokenLogProbabilities(new(tokenizer.TokenToId($"<0x{b:X2}>")!.Value, double.NegativeInfinity), []))];

        var chat = (ChatLogprobs)new AnswerProbabilities(tokenizer, isChat: true).Of(bytes);
        var completion = (CompletionLogprobs)new AnswerProbabilities(tokenizer, isChat: false).Of(bytes);

        CollectionAssert.AreEqual(Encoding.UTF8.GetBytes("€!"), chat.Content.Select(t => (byte)t.Bytes!.Single()).ToArray());
        CollectionAssert.AreEqual(new[] { 0, 1, 1, 1 }, completion.TextOffset.ToArray());
        Assert.AreEqual(-9999, completion.TokenLogprobs[0]);
    }

    private static JsonObject Asked(params (string, JsonNode?)[] fields) =>
        GenerationEndpointTests.Chat("demo:neg", [("logprobs", true), ("top_logprobs", 2), .. fields]);

    /// <summary>Token and alternatives; the numbers vary with what else is in the batch, in their last digits.</summary>
    private static string Told(JsonNode? token) =>
        $"{token!["token"]} {(double)token["logprob"]!:0.000} "
        + string.Join(',', token["top_logprobs"]!.AsArray().Select(t => t!["token"]));
}
