using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using XlLoraOnnx.Runtime;
using XlLoraOnnx.Server;
using XlLoraOnnx.Tokenizers;

// serve-soak MODEL ENCODER [REQUESTS]: what a server costs beside its engine, then many mixed requests with adapters that come and go.
// serve-soak MODEL ENCODER first-token: that of the first token alone, for any model.
const int Concurrent = 32, NewTokens = 24, Chats = 640, FirstTokens = 60, Prompts = 40;
const string Admin = "the-key-of-the-soak", ChatPath = "/v1/chat/completions";
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var isFirstTokenAlone = args is [_, _, "first-token"];
var requests = args.Length > 2 && !isFirstTokenAlone ? int.Parse(args[2], CultureInfo.InvariantCulture) : 10_000;
using var model = XlLoraModel.Load(args[0]);
using var embedder = TextEmbedder.Load(args[1]);
var adapter = isFirstTokenAlone ? "" : model.Generator.Adapters.First();
var root = Path.GetFullPath(isFirstTokenAlone ? args[0] : Path.Combine(args[0], "adapters"));
await using var server = await ModelServer.StartAsync(
    model, embedder, new ModelServerOptions { Port = 0, ModelName = "model", AdminKey = Admin, AdapterRoot = root });
using var http = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromMinutes(5) };
http.DefaultRequestHeaders.Authorization = new("Bearer", Admin);

if (!isFirstTokenAlone)
    await CompareAsync();
await FirstTokenAsync();
if (!isFirstTokenAlone)
    await SoakAsync();
return;

// In turns, the same rows: 32 callers who ask again as soon as they are answered.
async Task CompareAsync()
{
    var (own, served) = (new List<double>(), new List<double>());
    for (var round = 0; round < 8; round++)
    {
        own.Add(await RateAsync(async i => await model.GenerateAsync([Row(i, null)]).CountAsync()));
        served.Add(await RateAsync(async i => await AskAsync(ChatPath, Chat(i, "model", stream: false))));
    }
    // the first round warms up
    var (engine, ours) = (Median(own.Skip(1)), Median(served.Skip(1)));
    Console.WriteLine($"{Concurrent} concurrent chats: engine {engine:0} answers/s, server {ours:0} answers/s, {ours / engine:0.0%}");
}

async Task<double> RateAsync(Func<int, Task> ask)
{
    var started = Stopwatch.GetTimestamp();
    await Parallel.ForAsync(0, Chats, new ParallelOptions { MaxDegreeOfParallelism = Concurrent }, async (i, _) => await ask(i));
    return Chats / Stopwatch.GetElapsedTime(started).TotalSeconds;
}

// In turns, nothing else running: until the first piece of text is there.
async Task FirstTokenAsync()
{
    var (own, served) = (new List<double>(), new List<double>());
    for (var i = 0; i < FirstTokens; i++)
    {
        var started = Stopwatch.GetTimestamp();
        var first = TimeSpan.Zero;
        void Heard(string _) => first = first == TimeSpan.Zero ? Stopwatch.GetElapsedTime(started) : first;
        await model.GenerateAsync([Row(i, null) with { OnText = Heard }]).CountAsync();
        own.Add(first.TotalMilliseconds);
        started = Stopwatch.GetTimestamp();
        first = TimeSpan.Zero;
        await StreamAsync(Chat(i, "model", stream: true), Heard);
        served.Add(first.TotalMilliseconds);
    }
    var (engine, ours) = (Median(own.Skip(10)), Median(served.Skip(10)));
    Console.WriteLine($"first token at idle: engine {engine:0.00} ms, server {ours:0.00} ms, {ours / engine:0.00} times");
}

async Task SoakAsync()
{
    var (texts, drawn, vectors) = await ExpectedAsync();
    var times = new double[requests];
    using var done = new CancellationTokenSource();
    var churning = ChurnAsync(done.Token);
    var (memory, started) = (new List<long>(), Stopwatch.GetTimestamp());
    await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = Concurrent }, async (i, _) =>
    {
        if (i % Math.Max(1, requests / 10) == 0)
            lock (memory)
                memory.Add(Environment.WorkingSet);
        var asked = Stopwatch.GetTimestamp();
        switch (i % 6)
        {
            case 0:
                Same(texts[("model", i % Prompts)], await StreamAsync(Chat(i, "model", stream: true), null));
                break;
            case 1:
                var embedded = await AskAsync("/v1/embeddings", new { model = embedder.ModelName, input = Text(i) });
                float[] vector = [.. embedded["data"]![0]!["embedding"]!.AsArray().Select(v => (float)v!)];
                if (vector.Zip(vectors[i % Prompts], (a, b) => Math.Abs(a - b)).Max() > 1e-4)
                    throw new InvalidOperationException($"'{Text(i)}' has another vector than alone");
                break;
            case 2:
                Same(drawn[i % Prompts], TextOf(await AskAsync("/v1/completions",
                    new { model = $"model:{adapter}", prompt = "Der", max_tokens = NewTokens, temperature = 1, seed = i % Prompts })));
                break;
            case 3:
                await AskAsync(ChatPath, Chat(i, "nobody", stream: false), HttpStatusCode.NotFound);
                break;
            case 4:
                await LeaveAsync(Chat(i, "model", stream: true));
                break;
            default:
                Same(texts[(adapter, i % Prompts)], TextOf(await AskAsync(ChatPath, Chat(i, $"model:{adapter}", stream: false))));
                break;
        }
        times[i] = Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
    });
    await done.CancelAsync();
    var rounds = await churning;
    Array.Sort(times);
    var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
    Console.WriteLine($"{requests} mixed requests in {seconds:0.0} s, every answer the expected one; p50 {times[requests / 2]:0} ms, "
        + $"p99 {times[requests * 99 / 100]:0} ms; an adapter came and went {rounds} times; "
        + $"memory, MB, by tenths: {string.Join(' ', memory.Select(m => $"{m / 1e6:0}"))}");
}

// What each has alone, of the engine itself.
async Task<(Dictionary<(string, int), string> Texts, string[] Drawn, float[][] Vectors)> ExpectedAsync()
{
    Dictionary<(string, int), string> texts = [];
    var (drawn, vectors) = (new string[Prompts], new float[Prompts][]);
    for (var i = 0; i < Prompts; i++)
    {
        texts[("model", i)] = (await model.GenerateAsync([Row(i, null)]).SingleAsync()).Text;
        texts[(adapter, i)] = (await model.GenerateAsync([Row(i, adapter)]).SingleAsync()).Text;
        drawn[i] = (await model.GenerateAsync([Row(i, adapter) with
        {
            Messages = null, Continuation = "Der", Sampling = model.DefaultSampling with { DoSample = true, Temperature = 1, Seed = i },
        }]).SingleAsync()).Text;
        vectors[i] = (await embedder.EmbedAsync([Text(i)]))[0].ToArray();
    }
    return (texts, drawn, vectors);
}

async Task<int> ChurnAsync(CancellationToken stop)
{
    var file = Path.GetFileName(Directory.EnumerateFiles(root).First());
    for (var rounds = 0; ; rounds++)
    {
        if (stop.IsCancellationRequested)
            return rounds;
        await AskAsync("/admin/adapters", new { name = "coming", path = file }, HttpStatusCode.Created);
        await AskAsync(ChatPath, Chat(rounds, "model:coming", stream: false));
        using var removed = await http.DeleteAsync("/admin/adapters/coming", CancellationToken.None);
        removed.EnsureSuccessStatusCode();
    }
}

async Task<JsonNode> AskAsync(string path, object body, HttpStatusCode expected = HttpStatusCode.OK)
{
    using var content = Json(body);
    using var response = await http.PostAsync(path, content);
    var text = await response.Content.ReadAsStringAsync();
    return response.StatusCode == expected ? JsonNode.Parse(text)!
        : throw new InvalidOperationException($"{path} gave {response.StatusCode}, expected {expected}: {text}");
}

async Task<string> StreamAsync(object body, Action<string>? heard)
{
    using var request = new HttpRequestMessage(HttpMethod.Post, ChatPath) { Content = Json(body) };
    using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    using var reader = new StreamReader(await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
    var text = new StringBuilder();
    for (string? line; (line = await reader.ReadLineAsync()) != "data: [DONE]";)
    {
        if (line is null)
            throw new InvalidOperationException("a stream ended without [DONE]");
        if (line.Length == 0 || (string?)JsonNode.Parse(line[6..])!["choices"]![0]!["delta"]!["content"] is not { Length: > 0 } piece)
            continue;
        heard?.Invoke(piece);
        text.Append(piece);
    }
    return text.ToString();
}

// A caller who goes away in the middle.
async Task LeaveAsync(object body)
{
    using var request = new HttpRequestMessage(HttpMethod.Post, ChatPath) { Content = Json(body) };
    using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    using var reader = new StreamReader(await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
    await reader.ReadLineAsync();
}

static StringContent Json(object body) => new(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");

static GenerationRequest Row(int i, string? adapter) => new()
{
    RowId = 0,
    RandomStream = 0,
    Adapter = adapter,
    Messages = [new ChatTurn("user", Prompt(i))],
    Sampling = SamplingOptions.Greedy,
    MaxNewTokens = NewTokens,
};

static object Chat(int i, string model, bool stream) => new
{
    model,
    messages = new[] { new { role = "user", content = Prompt(i) } },
    max_tokens = NewTokens,
    temperature = 0,
    stream,
};

static string Prompt(int i) => $"Der Fischer trägt Holz, zum {i % Prompts}. Mal.";

static string Text(int i) => $"The cook buys {i % Prompts} books.";

static string TextOf(JsonNode answer) =>
    (string)(answer["choices"]![0]!["message"]?["content"] ?? answer["choices"]![0]!["text"])!;

static void Same(string expected, string found)
{
    if (expected != found)
        throw new InvalidOperationException($"'{found}', expected was '{expected}'");
}

static double Median(IEnumerable<double> values)
{
    var sorted = values.Order().ToArray();
    return sorted[sorted.Length / 2];
}
