using System.ClientModel;
using Microsoft.Extensions.AI;
using OpenAI;

namespace XlLoraOnnx.Server.Tests;

/// <summary>OpenAI's own client, as Microsoft.Extensions.AI wraps it.</summary>
[TestClass]
public sealed class OpenAiClientTests
{
    [TestMethod]
    public async Task Client_StreamingAndNot_HasTheModelsAnswer()
    {
        await using var running = await Running.StartAsync();
        using var client = Client(running).GetChatClient("demo:pos").AsIChatClient();
        var options = new ChatOptions { Temperature = 0, MaxOutputTokens = 24 };
        using var own = Models.Demo.AsChatClient("pos");
        var expected = await own.GetResponseAsync("Der Fischer trägt Holz.", options);

        var whole = await client.GetResponseAsync("Der Fischer trägt Holz.", options);
        var streamed = await client.GetStreamingResponseAsync("Der Fischer trägt Holz.", options).ToChatResponseAsync();

        Assert.AreEqual(expected.Text, whole.Text);
        Assert.AreEqual(expected.Text, streamed.Text);
        Assert.AreEqual(expected.FinishReason, streamed.FinishReason);
        Assert.AreEqual(expected.Usage!.TotalTokenCount, whole.Usage!.TotalTokenCount);
        Assert.AreEqual(expected.Usage!.TotalTokenCount, streamed.Usage!.TotalTokenCount);
    }

    [TestMethod]
    public async Task Client_Embedding_HasTheModelsVector()
    {
        await using var running = await Running.StartAsync();
        using var client = Client(running).GetEmbeddingClient("encoder").AsIEmbeddingGenerator();

        var vector = await client.GenerateVectorAsync("The cook buys books.");

        var expected = (await Models.Encoder.EmbedAsync(["The cook buys books."]))[0];
        Assert.AreEqual(expected.Length, vector.Length);
        for (var d = 0; d < expected.Length; d++)
            Assert.AreEqual(expected[d], vector.Span[d], 1e-5f);
    }

    [TestMethod]
    public async Task Client_WithTools_HearsWhatIsNotSupported()
    {
        await using var running = await Running.StartAsync();
        using var client = Client(running).GetChatClient("demo").AsIChatClient();

        var refused = await Assert.ThrowsAsync<ClientResultException>(() => client.GetResponseAsync("x",
            new ChatOptions { Tools = [AIFunctionFactory.Create(() => "sunny", "weather")] }));

        Assert.AreEqual(400, refused.Status);
        StringAssert.Contains(refused.Message, "tools");
    }

    private static OpenAIClient Client(Running running) =>
        new(new ApiKeyCredential("none-is-needed"), new OpenAIClientOptions { Endpoint = new Uri(running.Server.Address, "/v1") });
}
