using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace XlLoraOnnx.Packages.Tests;

/// <summary>Services: a fresh web project from the packages, and the sample.</summary>
[TestClass]
public sealed class WebProjectTests
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromMinutes(2) };

    [TestMethod]
    public async Task WebProject_FromThePackages_EmbedsAndAnswers()
    {
        var project = Consumer.NewProject("web", "Microsoft.NET.Sdk.Web", """
            using Microsoft.Extensions.AI;

            var builder = WebApplication.CreateBuilder(args);
            builder.Services.AddXlLoraEmbeddingGenerator(builder.Configuration["Encoder"]!);
            builder.Services.AddXlLoraModel(builder.Configuration["Model"]!);
            builder.Services.AddXlLoraChatClient(adapter: "pos");
            var app = builder.Build();
            app.MapGet("/embed", async (string text, IEmbeddingGenerator<string, Embedding<float>> generator) =>
                (await generator.GenerateVectorAsync(text)).ToArray());
            app.MapGet("/chat", async (string text, IChatClient client) =>
                (await client.GetResponseAsync(text, new ChatOptions { Temperature = 0, MaxOutputTokens = 40 })).Text);
            app.Run();
            """, "XlLoraOnnx.Runtime");
        Dotnet.Run(project, "build", "-v", "q");
        var program = Path.Combine(project, "bin", "Debug", "net10.0", "web.dll");

        await using var service = await RunningService.StartAsync(
            program, project, "--Encoder", Consumer.Encoder, "--Model", Consumer.Model);
        var vector = await Client.GetFromJsonAsync<float[]>($"{service.Address}/embed?text=Holz");
        var answer = await Client.GetStringAsync($"{service.Address}/chat?text=Der Fischer trägt Holz.");

        Assert.IsNotEmpty(vector!);
        Assert.IsGreaterThan(0, answer.Length);
    }

    [TestMethod]
    public async Task Sample_EmbeddingService_GivesAVectorForEachText()
    {
        await using var service = await RunningService.StartAsync(
            Samples.Program("EmbeddingService"), Consumer.Workspace, "--Model", Consumer.Encoder);

        using var response = await Client.PostAsJsonAsync($"{service.Address}/embed", (string[])["one", "two", "one"]);

        response.EnsureSuccessStatusCode();
        var vectors = JsonSerializer.Deserialize<float[][]>(await response.Content.ReadAsStringAsync())!;
        Assert.HasCount(3, vectors);
        CollectionAssert.AreEqual(vectors[0], vectors[2]);
        CollectionAssert.AreNotEqual(vectors[0], vectors[1]);
    }

    /// <summary>A web program on a free port of loopback.</summary>
    private sealed class RunningService(Process process, string address) : IAsyncDisposable
    {
        private const string Sign = "Now listening on: ";

        public string Address => address;

        public static async Task<RunningService> StartAsync(string program, string folder, params string[] arguments)
        {
            var process = Process.Start(Dotnet.StartInfo("dotnet", folder, [program, "--urls", "http://127.0.0.1:0", .. arguments]))!;
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            var said = new List<string>();
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                said.Add(line);
                if (line.IndexOf(Sign, StringComparison.Ordinal) is >= 0 and var at)
                    return new RunningService(process, line[(at + Sign.Length)..].Trim());
            }
            said.Add(await process.StandardError.ReadToEndAsync(patience.Token));
            throw new InvalidOperationException($"The service ended before it listened:\n{string.Join('\n', said)}");
        }

        public async ValueTask DisposeAsync()
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }
}
