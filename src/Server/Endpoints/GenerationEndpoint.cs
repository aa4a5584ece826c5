using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Server;

/// <summary><c>/v1/chat/completions</c> and <c>/v1/completions</c>: rows of the one batch that runs.</summary>
internal sealed class GenerationEndpoint(ServedModels models, Admission admission, ModelServerOptions options, ILogger logger)
{
    private readonly GenerationFields _fields = new(models, options.MaxTokens);

    public Task ChatAsync(HttpContext context) => AnswerAsync(context, _fields.Chat, new AnswerStyle(IsChat: true));

    public Task CompletionAsync(HttpContext context) => AnswerAsync(context, _fields.Completion, new AnswerStyle(IsChat: false));

    private async Task AnswerAsync(HttpContext context, Func<JsonElement, GenerationCall> read, AnswerStyle style)
    {
        GenerationCall call;
        using (var body = await RequestBody.ReadAsync(context, options.BodyTimeout).ConfigureAwait(false))
            call = read(body.RootElement);
        using var entry = admission.Enter(call.Rows.Count);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, admission.Abandoned);
        try
        {
            if (call.IsStreamed)
                await StreamAsync(context, call, style, stop.Token).ConfigureAwait(false);
            else
                await AnswerWholeAsync(context, call, style, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (
            admission.Abandoned.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            throw Failures.Draining();
        }
        catch (Exception e) when (Failures.Of(e, call) is { } refused)
        {
            throw refused;
        }
    }

    private async Task AnswerWholeAsync(HttpContext context, GenerationCall call, AnswerStyle style, CancellationToken cancellationToken)
    {
        var results = new GenerationResult[call.Rows.Count];
        await foreach (var result in call.Generator.Generator.GenerateAsync(call.Rows, cancellationToken).ConfigureAwait(false))
            results[result.RowId] = Accepted(result, call);
        await AnswerWriter.WriteAsync(context, style.Whole(call, results)).ConfigureAwait(false);
    }

    private async Task StreamAsync(HttpContext context, GenerationCall call, AnswerStyle style, CancellationToken cancellationToken)
    {
        var stream = style.Begin(call);
        var results = new List<GenerationResult>();
        await using var rows = new RunningRows(call.Generator.Generator, call.Rows, cancellationToken);
        // what is refused is refused before anything is sent, with a status of its own
        while (await rows.Events.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (rows.Events.TryRead(out var happened))
            {
                if (happened.Result is { } result)
                    results.Add(Accepted(result, call));
                if (context.Response.ContentType is null)
                    AnswerWriter.BeginEvents(context);
                foreach (var piece in stream.Of(happened))
                    AnswerWriter.WriteEvent(context, piece);
            }
            await context.Response.BodyWriter.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        if (call.HasUsage)
            AnswerWriter.WriteEvent(context, stream.Usage(results));
        AnswerWriter.EndEvents(context);
        await context.Response.BodyWriter.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private GenerationResult Accepted(GenerationResult result, GenerationCall call)
    {
        if (result.FinishReason != FinishReason.Rejected)
            return result;
        if (result.RejectionKind == RejectionKind.Failed)
            logger.RowFailed(call.Model, result.Error);
        throw Failures.Of(result, call);
    }
}
