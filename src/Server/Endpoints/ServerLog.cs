using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Server;

/// <summary>Everything that the server logs. No message holds a text or a key of a caller.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Error, "A request to {Path} failed")]
    public static partial void RequestFailed(this ILogger logger, string path, Exception exception);

    [LoggerMessage(2, LogLevel.Error, "A row of {Model} failed: {Error}")]
    public static partial void RowFailed(this ILogger logger, string model, string? error);

    [LoggerMessage(3, LogLevel.Information, "Added adapter {Adapter} from {File}")]
    public static partial void AdapterAdded(this ILogger logger, string adapter, string file);

    [LoggerMessage(4, LogLevel.Information, "Removed adapter {Adapter}")]
    public static partial void AdapterRemoved(this ILogger logger, string adapter);
}
