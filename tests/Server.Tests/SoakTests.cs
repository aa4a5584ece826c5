using System.Net;

namespace XlLoraOnnx.Server.Tests;

[TestClass]
public sealed class SoakTests
{
    private const int Requests = 300;
    private const string Admin = "the-key-of-the-admin";

    /// <summary>Everything at once, adapters that come and go meanwhile: each request has the answer that it has alone.</summary>
    [TestMethod]
    public async Task Requests_OfAllKindsAtOnce_AreAllAnsweredAsAlone()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Models.AdapterFile("neg"), folder.File("coming.onnx_adapter"));
        await using var running = await Running.StartAsync(new() { AdminKey = Admin, AdapterRoot = folder.Path });
        string[] models = ["demo", "demo:pos", "demo:neg"];
        var alone = new Dictionary<string, string>();
        foreach (var model in models)
            alone[model] = TextOf(await running.PostAsync("/v1/chat/completions", GenerationEndpointTests.Chat(model, ("max_tokens", 8))));
        using var soaked = new CancellationTokenSource();
        var churning = ChurnAsync(running, soaked.Token);

        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = 24 }, async (i, _) =>
        {
            var model = models[i % models.Length];
            switch (i % 5)
            {
                case 0:
                    var events = await running.StreamAsync("/v1/chat/completions",
                        GenerationEndpointTests.Chat(model, ("max_tokens", 8), ("stream", true)));
                    Assert.AreEqual("[DONE]", events[^1]);
                    break;
                case 1:
                    var (embedded, _) = await running.PostAsync("/v1/embeddings", new { model = "encoder", input = $"Text {i}." });
                    Assert.AreEqual(HttpStatusCode.OK, embedded);
                    break;
                case 2:
                    var (refused, _) = await running.PostAsync("/v1/chat/completions", GenerationEndpointTests.Chat("nobody"));
                    Assert.AreEqual(HttpStatusCode.NotFound, refused);
                    break;
                default:
                    Assert.AreEqual(alone[model], TextOf(await running.PostAsync("/v1/chat/completions",
                        GenerationEndpointTests.Chat(model, ("max_tokens", 8)))));
                    break;
            }
        });
        await soaked.CancelAsync();

        Assert.IsGreaterThan(0, await churning);
        // what is counted is so after the answer was sent
        await PatientGenerator.UntilAsync(async () => (await running.Http.GetStringAsync("/metrics"))
            .Contains("\nxllora_server_rows 0\n", StringComparison.Ordinal));
    }

    /// <returns>How often an adapter came and went.</returns>
    private static async Task<int> ChurnAsync(Running running, CancellationToken cancellationToken)
    {
        var rounds = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            var added = await running.PostAsync("/admin/adapters", new { name = "coming", path = "coming.onnx_adapter" }, Admin);
            Assert.AreEqual(HttpStatusCode.Created, added.Status, added.Json.ToJsonString());
            TextOf(await running.PostAsync("/v1/chat/completions", GenerationEndpointTests.Chat("demo:coming", ("max_tokens", 4))));
            var removed = await running.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/admin/adapters/coming"), Admin);
            Assert.AreEqual(HttpStatusCode.OK, removed.Status);
            rounds++;
        }
        return rounds;
    }

    private static string TextOf((HttpStatusCode Status, System.Text.Json.Nodes.JsonNode Json) answer)
    {
        Assert.AreEqual(HttpStatusCode.OK, answer.Status, answer.Json.ToJsonString());
        return (string)answer.Json["choices"]![0]!["message"]!["content"]!;
    }
}
