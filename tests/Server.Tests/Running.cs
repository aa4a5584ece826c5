using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Server.Tests;

/// <summary>A server on a free port of this machine, and somebody who asks it.</summary>
internal sealed class Running : IAsyncDisposable
{
    private Running(ModelServer server)
    {
        Server = server;
        Http = new HttpClient { BaseAddress = server.Address };
    }

    public ModelServer Server { get; }

    public HttpClient Http { get; }

    public static async Task<Running> StartAsync(ModelServerOptions? options = null) =>
        new(await ModelServer.StartAsync(Models.Demo, Models.Encoder, (options ?? new()) with { Port = 0 }));

    /// <summary>Over a generator without a model.</summary>
    public static async Task<Running> OverAsync(ITextGenerator generator, ModelServerOptions? options = null)
    {
        var models = new ServedModels(new ServedGenerator("scripted", generator, SamplingOptions.Greedy), embedder: null);
        return new(await ModelServer.StartAsync(models, (options ?? new()) with { Port = 0 }, CancellationToken.None));
    }

    public async Task<(HttpStatusCode Status, JsonNode Json)> PostAsync(string path, object body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json(body) };
        return await SendAsync(request, key);
    }

    public async Task<(HttpStatusCode Status, JsonNode Json)> SendAsync(HttpRequestMessage request, string? key = null)
    {
        if (key is not null)
            request.Headers.Authorization = new("Bearer", key);
        using var response = await Http.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    /// <summary>The data of each event.</summary>
    public async Task<List<string>> StreamAsync(string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json(body) };
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.AreEqual(HttpStatusCode.OK, response.StatusCode, await ErrorOf(response));
        Assert.AreEqual("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var events = new List<string>();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Length > 0)
                events.Add(line.StartsWith("data: ", StringComparison.Ordinal) ? line[6..] : throw new AssertFailedException(line));
        }
        return events;
    }

    public static StringContent Json(object body) =>
        new(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }

    private static async Task<string> ErrorOf(HttpResponseMessage response) =>
        response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync();
}
