using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Server;

/// <summary>Which path is answered by what.</summary>
internal static class Endpoints
{
    public static void Map(
        WebApplication app, ServedModels models, Admission admission, ServerMetrics metrics, ModelServerOptions options, ILogger logger)
    {
        var keys = new Keys(options.ApiKeys, options.AdminKey);
        var gate = new Gate(keys, admission);
        var generation = new GenerationEndpoint(models, admission, options, logger);
        var embeddings = new EmbeddingsEndpoint(models, admission, options);
        app.Use(next => new ErrorAnswers(next, gate, metrics, logger).InvokeAsync);
        app.UseRouting();
        app.MapGet("/health", context => HealthAsync(context, admission));
        app.MapGet("/metrics", metrics.WriteAsync);
        app.MapGet("/v1/models", context => AnswerWriter.WriteAsync(context, new Listing<ModelEntry>([.. models.Names.Select(Entry)])));
        app.MapGet("/v1/models/{**model}", context => ModelAsync(context, models, Entry));
        app.MapPost("/v1/chat/completions", generation.ChatAsync);
        app.MapPost("/v1/completions", generation.CompletionAsync);
        app.MapPost("/v1/embeddings", embeddings.AnswerAsync);
        if (options.AdapterRoot is { } root)
        {
            var adapters = new AdaptersEndpoint(models, new AdapterFolder(root), keys, options, logger);
            app.MapPost("/admin/adapters", adapters.AddAsync);
            app.MapDelete("/admin/adapters/{name}", adapters.RemoveAsync);
        }
        app.MapFallback(ServerMetrics.Elsewhere, context => throw RequestRefusedException.Of(
            null, $"There is nothing at {context.Request.Method} {context.Request.Path}.", status: StatusCodes.Status404NotFound));

        ModelEntry Entry(string name) => new(name, models.Created.ToUnixTimeSeconds());
    }

    private static Task HealthAsync(HttpContext context, Admission admission) => admission.IsClosed
        ? AnswerWriter.WriteAsync(context, new { status = "draining" }, StatusCodes.Status503ServiceUnavailable)
        : AnswerWriter.WriteAsync(context, new { status = "ok" });

    private static Task ModelAsync(HttpContext context, ServedModels models, Func<string, ModelEntry> entry)
    {
        // a slash of a name may come as %2F, which stays so in a path
        var name = Uri.UnescapeDataString((string)context.GetRouteValue("model")!);
        return models.Names.Contains(name) ? AnswerWriter.WriteAsync(context, entry(name)) : throw models.NotThere(name);
    }
}
