using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Server;

/// <summary>Around everything: every error is answered in OpenAI's shape, and every request is counted.</summary>
internal sealed class ErrorAnswers(RequestDelegate next, Gate gate, ServerMetrics metrics, ILogger logger)
{
    /// <summary>As nginx counts callers who went away; never sent.</summary>
    private const int Gone = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        var status = Gone;
        try
        {
            gate.Check(context.Request);
            await next(context).ConfigureAwait(false);
            status = context.Response.StatusCode;
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            var refused = Explain(e, context);
            status = refused.Status;
            await AnswerAsync(context, refused).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or BadHttpRequestException or RequestRefusedException)
        {
            // The caller went away: nobody is there to be told.
        }
        finally
        {
            metrics.Count(context, status, Stopwatch.GetElapsedTime(started));
        }
    }

    private RequestRefusedException Explain(Exception e, HttpContext context)
    {
        switch (e)
        {
            case RequestRefusedException refused:
                return refused;
            case BadHttpRequestException bad:
                return RequestRefusedException.Of(null, bad.Message, status: bad.StatusCode);
            default:
                logger.RequestFailed(context.Request.Path, e);
                return Failures.Internal();
        }
    }

    private static async Task AnswerAsync(HttpContext context, RequestRefusedException refused)
    {
        // the status of a stream has gone out long ago
        if (context.Response.HasStarted)
        {
            AnswerWriter.WriteEvent(context, ErrorAnswer.Of(refused));
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            return;
        }
        if (refused.RetryAfter is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await AnswerWriter.WriteAsync(context, ErrorAnswer.Of(refused), refused.Status).ConfigureAwait(false);
    }
}
