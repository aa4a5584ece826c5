using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace XlLoraOnnx.Cli.Tests;

/// <param name="Attributes">Texts, and whole numbers as texts.</param>
internal sealed record CollectedSpan(
    string Trace, string Id, string Parent, string Name, ulong Kind, IReadOnlyDictionary<string, string> Attributes);

/// <summary>A collector of OTLP over HTTP on this machine, of <c>opentelemetry/proto/trace/v1</c> as far as these tests look.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly ConcurrentQueue<byte[]> _bodies = [];
    private readonly WebApplication _app;

    private Collector()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(async context =>
        {
            Assert.AreEqual("POST /v1/traces application/x-protobuf",
                $"{context.Request.Method} {context.Request.Path} {context.Request.ContentType}");
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _bodies.Enqueue(body.ToArray());
            context.Response.ContentType = context.Request.ContentType;
        });
    }

    public string Address => _app.Urls.Single();

    /// <summary>All that came, as text in which every text of a span can be found.</summary>
    public string Raw => string.Concat(_bodies.Select(System.Text.Encoding.UTF8.GetString));

    public IReadOnlyList<string> Services =>
        [.. Resources().SelectMany(r => r.Messages(1)).Select(r => Attributes(r, 1)["service.name"]).Distinct()];

    public IReadOnlyList<CollectedSpan> Spans =>
        [.. Resources().SelectMany(r => r.Messages(2)).SelectMany(s => s.Messages(2)).Select(Span)];

    public static async Task<Collector> StartAsync()
    {
        var collector = new Collector();
        await collector._app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private IEnumerable<ProtobufFields> Resources() => _bodies.SelectMany(b => new ProtobufFields(b).Messages(1));

    private static CollectedSpan Span(ProtobufFields span) => new(Hex(span, 1), Hex(span, 2), Hex(span, 4), span.Text(5), span.Number(6),
        Attributes(span, 9));

    private static string Hex(ProtobufFields span, int number) => Convert.ToHexStringLower(span.Bytes(number));

    private static Dictionary<string, string> Attributes(ProtobufFields message, int number) => message.Messages(number).ToDictionary(
        a => a.Text(1), a => a.Messages(2).Single() is var value && value.Bytes(1).Length > 0 ? value.Text(1)
            : value.Number(3).ToString(System.Globalization.CultureInfo.InvariantCulture));
}
