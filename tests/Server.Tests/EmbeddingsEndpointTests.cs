using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Server.Tests;

[TestClass]
public sealed class EmbeddingsEndpointTests
{
    private static readonly string[] Texts = ["The cook buys books.", "Mpishi anabeba vitabu."];

    [TestMethod]
    public async Task Embeddings_AsNumbersAndAsBytes_AreThoseOfTheModel()
    {
        await using var running = await Running.StartAsync();
        var expected = await Models.Encoder.EmbedAsync(Texts);

        var (status, numbers) = await running.PostAsync("/v1/embeddings", new { model = "encoder", input = Texts });
        var (_, bytes) = await running.PostAsync("/v1/embeddings",
            new { model = "encoder", input = Texts, encoding_format = "base64", dimensions = Models.Encoder.Dimension });

        Assert.AreEqual(HttpStatusCode.OK, status, numbers.ToJsonString());
        for (var i = 0; i < Texts.Length; i++)
        {
            var ofBytes = MemoryMarshal.Cast<byte, float>(Convert.FromBase64String((string)bytes["data"]![i]!["embedding"]!)).ToArray();
            float[] ofNumbers = [.. numbers["data"]![i]!["embedding"]!.AsArray().Select(v => (float)v!)];
            for (var d = 0; d < Models.Encoder.Dimension; d++)
            {
                Assert.AreEqual(expected[i][d], ofNumbers[d], 1e-5f);
                Assert.AreEqual(expected[i][d], ofBytes[d], 1e-5f);
            }
        }
        Assert.IsGreaterThan(8, (int)numbers["usage"]!["total_tokens"]!);
    }

    [TestMethod]
    public async Task Embeddings_OfOneText_AreAListOfOne()
    {
        await using var running = await Running.StartAsync();

        var (_, json) = await running.PostAsync("/v1/embeddings", new { model = "encoder", input = Texts[0] });

        Assert.HasCount(1, json["data"]!.AsArray());
        Assert.AreEqual("encoder", (string?)json["model"]);
    }

    [TestMethod]
    [DataRow("input", "[]")]
    [DataRow("input", "[\"\"]")]
    [DataRow("input", "[1, 2]")]
    [DataRow("dimensions", "8")]
    [DataRow("encoding_format", "\"hex\"")]
    [DataRow("model", "\"demo\"")]
    public async Task Embeddings_ThatAreNotThere_AreRefusedByName(string parameter, string value)
    {
        await using var running = await Running.StartAsync();
        var body = new JsonObject { ["model"] = "encoder", ["input"] = "a text", [parameter] = JsonNode.Parse(value) };

        var (status, json) = await running.PostAsync("/v1/embeddings", body);

        Assert.AreEqual(HttpStatusCode.BadRequest, status);
        Assert.AreEqual(parameter, (string?)json["error"]!["param"]);
    }
}
