using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Server.Tests;

[TestClass]
public sealed class SafetyTests
{
    private const string Key = "a-key-of-a-caller-1";
    private const string Admin = "the-key-of-the-admin";

    [TestMethod]
    [DataRow("/v1/models", null, HttpStatusCode.Unauthorized)]
    [DataRow("/v1/models", "a-key-of-a-caller-2", HttpStatusCode.Unauthorized)]
    [DataRow("/v1/models", Key, HttpStatusCode.OK)]
    [DataRow("/v1/models", Admin, HttpStatusCode.OK)]
    [DataRow("/metrics", null, HttpStatusCode.Unauthorized)]
    [DataRow("/not/there", null, HttpStatusCode.Unauthorized)]
    [DataRow("/not/there.txt", Key, HttpStatusCode.NotFound)]
    [DataRow("/admin/adapters", Key, HttpStatusCode.Unauthorized)]
    [DataRow("/health", null, HttpStatusCode.OK)]
    public async Task Get_WithAKeyOrWithout_IsAnsweredToWhoMayAsk(string path, string? key, HttpStatusCode expected)
    {
        using var folder = new TemporaryFolder();
        await using var running = await Running.StartAsync(
            new() { ApiKeys = ["another-key", Key], AdminKey = Admin, AdapterRoot = folder.Path });
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
            request.Headers.Authorization = new("Bearer", key);

        using var response = await running.Http.SendAsync(request);

        Assert.AreEqual(expected, response.StatusCode);
        if (!response.IsSuccessStatusCode)
            Assert.IsNotNull(JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["message"]);
    }

    [TestMethod]
    public async Task Adapter_AddedAndRemovedWhileTheModelRuns_ComesAndGoes()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Models.AdapterFile("pos"), folder.File("again.onnx_adapter"));
        await using var running = await Running.StartAsync(new() { AdminKey = Admin, AdapterRoot = folder.Path });

        var added = await running.PostAsync("/admin/adapters", new { name = "again", path = "again.onnx_adapter" }, Admin);
        var twice = await running.PostAsync("/admin/adapters", new { name = "again", path = "again.onnx_adapter" }, Admin);
        var (_, again) = await running.PostAsync("/v1/chat/completions", GenerationEndpointTests.Chat("demo:again"));
        var (_, pos) = await running.PostAsync("/v1/chat/completions", GenerationEndpointTests.Chat("demo:pos"));
        var removed = await running.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/admin/adapters/again"), Admin);
        var gone = await running.PostAsync("/v1/chat/completions", GenerationEndpointTests.Chat("demo:again"));
        var goneTwice = await running.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/admin/adapters/again"), Admin);

        Assert.AreEqual(HttpStatusCode.Created, added.Status, added.Json.ToJsonString());
        Assert.AreEqual("demo:again", (string?)added.Json["id"]);
        Assert.AreEqual(HttpStatusCode.Conflict, twice.Status);
        Assert.AreEqual((string?)pos["choices"]![0]!["message"]!["content"], (string?)again["choices"]![0]!["message"]!["content"]);
        Assert.AreEqual(HttpStatusCode.OK, removed.Status);
        Assert.AreEqual(HttpStatusCode.NotFound, gone.Status);
        Assert.AreEqual(HttpStatusCode.NotFound, goneTwice.Status);
    }

    [TestMethod]
    [DataRow("x", "../outside.onnx_adapter", "path")]
    [DataRow("x", "link.onnx_adapter", "path")]
    [DataRow("x", "linked/outside.onnx_adapter", "path")]
    [DataRow("x", "not-there.onnx_adapter", "path")]
    [DataRow("x", "no-adapter.onnx_adapter", "path")]
    [DataRow("../x", "no-adapter.onnx_adapter", "name")]
    public async Task Adapter_FromElsewhere_IsRefused(string name, string path, string parameter)
    {
        using var folder = new TemporaryFolder();
        var root = Directory.CreateDirectory(folder.File("root")).FullName;
        File.Copy(Models.AdapterFile("pos"), folder.File("outside.onnx_adapter"));
        File.CreateSymbolicLink(Path.Combine(root, "link.onnx_adapter"), folder.File("outside.onnx_adapter"));
        Directory.CreateSymbolicLink(Path.Combine(root, "linked"), folder.Path);
        folder.Write("root/no-adapter.onnx_adapter", "nothing");
        await using var running = await Running.StartAsync(new() { AdminKey = Admin, AdapterRoot = root });

        var (status, json) = await running.PostAsync("/admin/adapters", new { name, path }, Admin);

        Assert.IsTrue(status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound, $"{status} {json.ToJsonString()}");
        Assert.AreEqual(parameter, (string?)json["error"]!["param"]);
        CollectionAssert.AreEquivalent(new[] { "pos", "neg" }, Models.Demo.Generator.Adapters.ToArray());
    }

    [TestMethod]
    [DataRow("{\"model\": \"demo\"", HttpStatusCode.BadRequest)]
    [DataRow("[]", HttpStatusCode.BadRequest)]
    [DataRow("{\"model\": \"demo\", \"model\": \"demo\"}", HttpStatusCode.BadRequest)]
    [DataRow("{\"model\": \"\\ud800\"}", HttpStatusCode.BadRequest)]
    [DataRow("long", HttpStatusCode.RequestEntityTooLarge)]
    public async Task Body_ThatIsNoRequest_IsAnsweredWithAnError(string body, HttpStatusCode expected)
    {
        await using var running = await Running.StartAsync(new() { MaxBodyBytes = 1000 });

        var (status, json) = await running.PostAsync("/v1/chat/completions", body == "long" ? new string(' ', 2000) : body);

        Assert.AreEqual(expected, status);
        Assert.AreEqual("invalid_request_error", (string?)json["error"]!["type"]);
    }

    [TestMethod]
    public async Task Body_OfAnotherType_IsRefused()
    {
        await using var running = await Running.StartAsync();
        using var content = new StringContent("{}", Encoding.UTF8, "text/plain");

        using var response = await running.Http.PostAsync("/v1/chat/completions", content);

        Assert.AreEqual(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [TestMethod]
    public async Task Request_ThatNamesAnotherMachine_IsRefusedWithoutKeys()
    {
        await using var running = await Running.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Host = "rebound.example";

        using var response = await running.Http.SendAsync(request);

        Assert.AreEqual(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [TestMethod]
    [DataRow("Content-Length: 500\r\n\r\n{\"model\": ", "408")]
    [DataRow("Transfer-Encoding: chunked\r\n\r\nnot-a-length\r\n", "400")]
    public async Task Body_ThatNeverEnds_IsAnsweredWithAnError(string rest, string expected)
    {
        await using var running = await Running.StartAsync(new() { BodyTimeout = TimeSpan.FromSeconds(0.5) });
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, running.Server.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + rest));

        using var reader = new StreamReader(stream);
        var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10));

        StringAssert.StartsWith(line, $"HTTP/1.1 {expected}");
        Assert.AreEqual("""{"status":"ok"}""", await running.Http.GetStringAsync("/health"));
    }
}
