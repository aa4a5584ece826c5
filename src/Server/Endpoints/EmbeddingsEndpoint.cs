using System.Buffers.Binary;
using Microsoft.AspNetCore.Http;

namespace XlLoraOnnx.Server;

/// <summary><c>/v1/embeddings</c>: texts of all callers run in batches together.</summary>
internal sealed class EmbeddingsEndpoint(ServedModels models, Admission admission, ModelServerOptions options)
{
    public async Task AnswerAsync(HttpContext context)
    {
        EmbeddingFields asked;
        using (var body = await RequestBody.ReadAsync(context, options.BodyTimeout).ConfigureAwait(false))
            asked = EmbeddingFields.Read(body.RootElement, models);
        using var entry = admission.Enter(rows: 1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, admission.Abandoned);
        try
        {
            var vectors = await asked.Embeddings.GenerateAsync(asked.Texts, options: null, stop.Token).ConfigureAwait(false);
            var tokens = vectors.Usage?.TotalTokenCount ?? 0;
            await AnswerWriter.WriteAsync(context, new Listing<EmbeddingEntry>(
                [.. vectors.Select((v, i) => new EmbeddingEntry(i, asked.IsBase64 ? Base64(v.Vector.Span) : v.Vector.ToArray()))])
            {
                Model = asked.Model,
                Usage = new EmbeddingUsage(tokens, tokens),
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (
            admission.Abandoned.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            throw Failures.Draining();
        }
    }

    private static string Base64(ReadOnlySpan<float> vector)
    {
        var bytes = new byte[vector.Length * sizeof(float)];
        for (var i = 0; i < vector.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
        return Convert.ToBase64String(bytes);
    }
}
