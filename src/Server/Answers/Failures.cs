using Microsoft.AspNetCore.Http;

namespace XlLoraOnnx.Server;

/// <summary>What went wrong, as its caller is told; paths and other facts of this machine are for its log.</summary>
internal static class Failures
{
    public static RequestRefusedException Draining() =>
        new(StatusCodes.Status503ServiceUnavailable, "server_error", null, "shutting_down", "The server is shutting down.")
        {
            RetryAfter = 5,
        };

    public static RequestRefusedException Internal() => new(StatusCodes.Status500InternalServerError, "server_error", null, null,
        "The server failed to answer; its log says why.");

    /// <summary>A row that was not generated.</summary>
    public static RequestRefusedException Of(GenerationResult rejected, GenerationCall call) => rejected.RejectionKind switch
    {
        RejectionKind.TooLong => RequestRefusedException.Of(Field(call), rejected.Error!, "context_length_exceeded"),
        RejectionKind.SpecialToken or RejectionKind.Invalid => RequestRefusedException.Of(Field(call), rejected.Error!),
        RejectionKind.AdapterRemoved => Removed(call),
        _ => Internal(),
    };

    /// <summary>What kept a whole request from being generated; null for what can only be this machine's fault.</summary>
    public static RequestRefusedException? Of(Exception e, GenerationCall call) => e switch
    {
        ArgumentException when call.Adapter is { } adapter && !call.Generator.Generator.Adapters.Contains(adapter) => Removed(call),
        NotSupportedException when call.Rows[0].Messages is not null => RequestRefusedException.Unsupported("messages",
            $"'{call.Model}' has no chat template, so that messages mean nothing to it. Give a prompt to /v1/completions."),
        _ => null,
    };

    private static string Field(GenerationCall call) => call.Rows[0].Messages is null ? "prompt" : "messages";

    private static RequestRefusedException Removed(GenerationCall call) => RequestRefusedException.Of("model",
        $"The adapter of '{call.Model}' was removed.", "model_not_found", StatusCodes.Status404NotFound);
}
