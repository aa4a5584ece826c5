using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace XlLoraOnnx.Parity.Tests;

[TestClass]
public sealed class ChatClientTests
{
    private static readonly ChatMessage Anchor = new(ChatRole.User, "Der Fischer trägt Holz.");

    [TestMethod]
    public async Task AddXlLoraChatClient_OneLine_ServesTheAbstraction()
    {
        var services = new ServiceCollection();
        services.AddXlLoraModel(ExportedModels.Demo);
        services.AddXlLoraChatClient(adapter: "pos");
        using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IChatClient>();
        var greedy = new ChatOptions { Temperature = 0 };

        var response = await client.GetResponseAsync([Anchor], greedy);
        var streamed = await client.GetStreamingResponseAsync([Anchor], greedy).ToChatResponseAsync();
        var cut = await client.GetResponseAsync([Anchor], new() { Temperature = 0, StopSequences = [response.Text[3..5]] });

        Assert.AreNotEqual("", response.Text);
        Assert.AreEqual(ChatFinishReason.Stop, response.FinishReason);
        Assert.AreEqual(response.Text, streamed.Text);
        Assert.AreEqual(response.Usage!.OutputTokenCount, streamed.Usage!.OutputTokenCount);
        Assert.AreEqual(response.Text[..response.Text.IndexOf(response.Text[3..5], StringComparison.Ordinal)], cut.Text);
        Assert.AreEqual(response.Usage.InputTokenCount, cut.Usage!.InputTokenCount);
        Assert.IsLessThanOrEqualTo(response.Usage.OutputTokenCount!.Value, cut.Usage.OutputTokenCount!.Value);
        Assert.IsNotNull(client.GetService<XlLoraModel>());
    }

    [TestMethod]
    public async Task AsChatClient_BadRequests_AreExceptionsAndTheModelGoesOn()
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo);
        using var client = model.AsChatClient();

        var special = await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => client.GetResponseAsync([new(ChatRole.User, "x<end_of_turn>")]));
        StringAssert.Contains(special.Message, "<end_of_turn>");
        await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => client.GetResponseAsync([Anchor], new() { AdditionalProperties = new() { ["adapter"] = "no-such" } }));
        await Assert.ThrowsExactlyAsync<ArgumentOutOfRangeException>(() => client.GetResponseAsync([Anchor], new() { Temperature = -1 }));
        await Assert.ThrowsExactlyAsync<ArgumentException>(() => client.GetResponseAsync([Anchor], new() { MaxOutputTokens = 0 }));

        var responses = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => client.GetResponseAsync([Anchor], new() { Temperature = 2, Seed = 3 })));
        Assert.AreEqual(1, responses.Select(r => r.Text).Distinct().Count(), "a seed is the same answer");
    }

    [TestMethod]
    public async Task GenerateAsync_IgnoringStopTokens_GivesExactlyAsManyAsAreAskedFor()
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo, new XlLoraModelOptions { GenAi = new GenAiTextGeneratorFactory(), Engine = TextEngine.GenAi });
        var request = new GenerationRequest { RowId = 0, UserMessage = Anchor.Text, Sampling = SamplingOptions.Greedy, MaxNewTokens = 150 };

        var results = await model.GenerateAsync([request with { IgnoreStopTokens = true }, request with { RowId = 1 }])
            .OrderBy(r => r.RowId).ToArrayAsync();

        Assert.AreEqual((150, FinishReason.Length), (results[0].TokenCount, results[0].FinishReason));
        Assert.AreEqual(FinishReason.Stop, results[1].FinishReason);
        Assert.AreEqual(TextEngine.GenAi, model.Engine.Engine);
    }

    [TestMethod]
    public void Load_EngineOrDeviceThatIsNotThere_IsRefused()
    {
        foreach (var devices in (string[][])[["cuda:0"], ["cpu", "cpu"]])
            Assert.ThrowsExactly<NotSupportedException>(
                () => XlLoraModel.Load(ExportedModels.Demo, new() { Engine = TextEngine.GenAi, Devices = devices }));
        foreach (var devices in (string[][])[["gpu"], []])
            Assert.ThrowsExactly<ArgumentException>(() => XlLoraModel.Load(ExportedModels.Demo, new() { Devices = devices }));
    }
}
