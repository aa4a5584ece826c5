using Microsoft.Extensions.AI;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddXlLoraEmbeddingGenerator(builder.Configuration["Model"] ?? "onnx-models/minilm");
var app = builder.Build();

// texts of all callers are batched together, by length
app.MapPost("/embed", async (
    string[] texts, IEmbeddingGenerator<string, Embedding<float>> generator, CancellationToken cancellationToken) =>
{
    var embeddings = await generator.GenerateAsync(texts, cancellationToken: cancellationToken);
    return embeddings.Select(e => e.Vector.ToArray());
});
app.Run();
