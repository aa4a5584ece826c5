using System.Net;
using System.Net.Http.Json;

namespace XlLoraOnnx.Cli.Tests;

/// <summary>What <c>serve</c> sends to a collector.</summary>
[TestClass]
public sealed class ServeTracesTests
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736", Caller = "00f067aa0ba902b7";

    [TestMethod]
    public async Task Chat_OfACallerWithATraceparent_IsASpanTreeInItsTrace()
    {
        await using var collector = await Collector.StartAsync();
        using var folder = new TemporaryFolder();
        using var server = ServingProcess.Start(folder.Path, Variables(collector.Address), "serve", "--model", Models.Demo, "--port", "0");
        using var http = new HttpClient { BaseAddress = server.Address };

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = JsonContent.Create(new
            {
                model = "base:pos",
                max_tokens = 8,
                temperature = 0,
                messages = new[] { new { role = "user", content = "Die Hirtin besucht Timbuktu." } },
            }),
        };
        request.Headers.Add("traceparent", $"00-{Trace}-{Caller}-01");
        using var answer = await http.SendAsync(request);
        Assert.AreEqual(HttpStatusCode.OK, answer.StatusCode, await answer.Content.ReadAsStringAsync());
        using var health = await http.GetAsync(new Uri("/health", UriKind.Relative));
        Assert.AreEqual(0, server.Stop(), server.Error);

        var asked = collector.Spans.Single(s => s.Parent == Caller);
        var row = collector.Spans.Single(s => s.Parent == asked.Id);
        Assert.HasCount(2, collector.Spans);
        Assert.AreEqual((Trace, "POST /v1/chat/completions", 2UL), (asked.Trace, asked.Name, asked.Kind));
        Assert.AreEqual("200", asked.Attributes["http.response.status_code"]);
        Assert.AreEqual((Trace, "chat demo"), (row.Trace, row.Name));
        Assert.AreEqual("pos", row.Attributes["xllora.adapter"]);
        Assert.AreEqual("xllora-onnx", row.Attributes["gen_ai.provider.name"]);
        Assert.AreEqual("8", row.Attributes["gen_ai.request.max_tokens"]);
        CollectionAssert.AreEqual(new[] { "shepherd" }, collector.Services.ToArray());
        Assert.DoesNotContain("Timbuktu", collector.Raw);
        Assert.DoesNotContain("gen_ai.input.messages", collector.Raw);
        Assert.DoesNotContain("gen_ai.output.messages", collector.Raw);
    }

    [TestMethod]
    public async Task Chat_WhenTheCollectorIsAway_IsAnsweredAndTheLogSaysSo()
    {
        using var folder = new TemporaryFolder();
        using var server = ServingProcess.Start(
            folder.Path, Variables("http://127.0.0.1:1"), "serve", "--model", Models.Demo, "--port", "0");
        using var http = new HttpClient { BaseAddress = server.Address };

        using var models = await http.GetAsync(new Uri("/v1/models", UriKind.Relative));

        Assert.AreEqual(HttpStatusCode.OK, models.StatusCode);
        Assert.AreEqual(0, server.Stop());
        StringAssert.Contains(server.Error, "XlLoraOnnx.Tracing[1] OpenTelemetry: ");
    }

    [TestMethod]
    [DataRow("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317", "it must be an address such as http://localhost:4317")]
    [DataRow("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "there are grpc (the default) and http/protobuf")]
    public void Serve_WithAVariableThatHasNoSense_IsOneMessage(string name, string value, string said)
    {
        using var folder = new TemporaryFolder();
        var variables = Variables("http://127.0.0.1:1");
        variables[name] = value;

        var process = CommandLine.Start(folder.Path, ["serve", "--model", Models.Demo, "--port", "0"], environment: variables);
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.AreEqual(1, process.ExitCode);
        StringAssert.Contains(error, $"{name} is '{value}'");
        StringAssert.Contains(error, said);
    }

    private static Dictionary<string, string> Variables(string collector) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_SERVICE_NAME"] = "shepherd",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
    };
}
