using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace XlLoraOnnx.Server;

/// <summary>Bodies as they arrive: JSON of a bounded size, within a bounded time.</summary>
internal static class RequestBody
{
    private const int Growing = 81920;

    /// <exception cref="RequestRefusedException">It is something else, or took too long.</exception>
    /// <exception cref="BadHttpRequestException">It is too large, too slow, or was cut off.</exception>
    public static async Task<JsonDocument> ReadAsync(HttpContext context, TimeSpan timeout)
    {
        // A page of another site cannot send this type without asking first (CORS), and is not let in.
        if (!context.Request.HasJsonContentType())
            throw RequestRefusedException.Of(null, $"The body is '{context.Request.ContentType}'; it must be application/json.",
                status: StatusCodes.Status415UnsupportedMediaType);
        using var bytes = new MemoryStream();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(timeout);
        try
        {
            await context.Request.Body.CopyToAsync(bytes, Growing, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw RequestRefusedException.Of(null,
                $"The body did not arrive within {timeout.TotalSeconds:0.#} s.", status: StatusCodes.Status408RequestTimeout);
        }
        bytes.Position = 0;
        try
        {
            return UntrustedJson.ParseStream(bytes, "the body of the request");
        }
        catch (InvalidDataException e)
        {
            throw RequestRefusedException.Of(null, e.Message);
        }
    }
}
