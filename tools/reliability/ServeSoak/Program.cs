using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using XlLoraOnnx.Runtime;
using XlLoraOnnx.Server;
using XlLoraOnnx.Tokenizers;

// serve-soak MODEL ENCODER [REQUESTS]: what a server costs beside its engine, then many mixed requests with adapters that come and go.
const int Concurrent = 32, NewTokens = 24, Chats = 640;
const string Admin = "the-key-of-the-soak";
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var requests = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 10_000;
using var model = XlLoraModel.Load(args[0]);
using var embedder = TextEmbedder.Load(args[1]);
var adapter = model.Generator.Adapters.First();
var root = Path.GetFullPath(Path.Combine(args[0], "adapters"));
await using var server = await ModelServer.StartAsync(
    model, embedder, new ModelServerOptions { Port = 0, ModelName = "model", AdminKey = Admin, AdapterRoot = root });
using var http = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromMinutes(5) };

await CompareAsync();
await SoakAsync();
return;

// In turns, the same rows: 32 callers who ask again as soon as they are answered.
async Task CompareAsync()
{
    var (own, served) = (new List<double>(), new List<double>());
    for (var round = 0; round < 6; round++)
    {
        own.Add(await RateAsync(async i =>
            await model.GenerateAsync([Row(i)]).CountAsync()));
        served.Add(await RateAsync(async i => await AskAsync("/v1/chat/completions", Chat(i, "model", stream: false))));
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

async Task SoakAsync()
{
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
        await ((i % 5) switch
        {
            0 => AskAsync("/v1/chat/completions", Chat(i, "model", stream: true)),
            1 => AskAsync("/v1/embeddings", new { model = embedder.ModelName, input = new[] { $"Text {i}.", "Another." } }),
            2 => AskAsync("/v1/completions",
                new { model = $"model:{adapter}", prompt = "Der", max_tokens = NewTokens, temperature = 1, seed = i }),
            3 => AskAsync("/v1/chat/completions", Chat(i, "nobody", stream: false), HttpStatusCode.NotFound),
            _ => AskAsync("/v1/chat/completions", Chat(i, $"model:{adapter}", stream: false)),
        });
        times[i] = Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
    });
    await done.CancelAsync();
    var rounds = await churning;
    Array.Sort(times);
    var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
    Console.WriteLine($"{requests} mixed requests in {seconds:0.0} s, no error; p50 {times[requests / 2]:0} ms, "
        + $"p99 {times[requests * 99 / 100]:0} ms; an adapter came and went {rounds} times; "
        + $"memory, MB, by tenths: {string.Join(' ', memory.Select(m => $"{m / 1e6:0}"))}");
}

async Task<int> ChurnAsync(CancellationToken stop)
{
    var file = Path.GetFileName(Directory.EnumerateFiles(root).First());
    for (var rounds = 0; ; rounds++)
    {
        if (stop.IsCancellationRequested)
            return rounds;
        await AskAsync("/admin/adapters", new { name = "coming", path = file }, HttpStatusCode.Created);
        await AskAsync("/v1/chat/completions", Chat(rounds, "model:coming", stream: false));
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/admin/adapters/coming");
        request.Headers.Authorization = new("Bearer", Admin);
        using var removed = await http.SendAsync(request, CancellationToken.None);
        removed.EnsureSuccessStatusCode();
    }
}

async Task AskAsync(string path, object body, HttpStatusCode expected = HttpStatusCode.OK)
{
    using var request = new HttpRequestMessage(HttpMethod.Post, path)
    {
        Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
    };
    request.Headers.Authorization = new("Bearer", Admin);
    using var response = await http.SendAsync(request);
    var text = await response.Content.ReadAsStringAsync();
    if (response.StatusCode != expected || text.Contains("\"error\"", StringComparison.Ordinal) != (expected >= HttpStatusCode.BadRequest))
        throw new InvalidOperationException($"{path} gave {response.StatusCode}, expected {expected}: {text}");
}

static GenerationRequest Row(int i) => new()
{
    RowId = 0,
    RandomStream = 0,
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

static string Prompt(int i) => $"Der Fischer trägt Holz, zum {i}. Mal.";

static double Median(IEnumerable<double> values)
{
    var sorted = values.Order().ToArray();
    return sorted[sorted.Length / 2];
}
