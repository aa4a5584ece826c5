using Microsoft.Extensions.AI;
using XlLoraOnnx.Runtime;

using var model = XlLoraModel.Load(args is [var folder, ..] ? folder : "onnx-models/gemma-3-1b");
var question = args is [_, var asked] ? asked : "Der Fischer trägt Holz.";
var options = new ChatOptions { MaxOutputTokens = 64, Temperature = 0 };

// one base in memory, and a client for each adapter over it; their answers are made side by side
string?[] adapters = [null, .. model.Info.Adapters.Keys];
var answers = adapters.Select(async adapter =>
{
    using var client = model.AsChatClient(adapter);
    return (Adapter: adapter ?? "base", Response: await client.GetResponseAsync(question, options));
});
foreach (var (adapter, response) in await Task.WhenAll(answers))
    Console.WriteLine($"{adapter,-6} {response.Text} ({response.Usage?.OutputTokenCount} tokens)");
