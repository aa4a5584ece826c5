using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Runtime;

/// <summary>Everything that the runtime logs. No message holds a text of a caller, unless it is let in by an option.</summary>
internal static partial class RuntimeLog
{
    [LoggerMessage(1, LogLevel.Information,
        "Loaded {Model} ({Family}, {Precision}, {Adapters} adapters) in {Seconds:0.0} s on {Devices}; engine {Engine}: {Reason}")]
    public static partial void ModelLoaded(this ILogger logger, string model, string family, string precision, int adapters,
        double seconds, string devices, TextEngine engine, string reason);

    [LoggerMessage(2, LogLevel.Information,
        "{Device} holds {Slots} rows of {Capacity} positions: {PlannedBytes} bytes planned, {FreeBytes} were free")]
    public static partial void MemoryPlanned(
        this ILogger logger, string device, int slots, int capacity, long plannedBytes, long freeBytes);

    [LoggerMessage(3, LogLevel.Information, "Mounted adapter {Adapter} on {Device} in {Milliseconds:0} ms")]
    public static partial void AdapterMounted(this ILogger logger, string adapter, string device, double milliseconds);

    [LoggerMessage(4, LogLevel.Information, "Evicted adapter {Adapter} from {Device}, least recently used, for {Successor}")]
    public static partial void AdapterEvicted(this ILogger logger, string adapter, string device, string successor);

    [LoggerMessage(5, LogLevel.Information, "Unmounted adapter {Adapter} from {Device}: it was removed")]
    public static partial void AdapterUnmounted(this ILogger logger, string adapter, string device);

    [LoggerMessage(EventId = 6, Message = "Rejected row {RowId} of {Model} (adapter {Adapter}): {Kind}. {Error}")]
    public static partial void RowRejected(
        this ILogger logger, LogLevel level, long rowId, string model, string adapter, RejectionKind? kind, string error);

    [LoggerMessage(7, LogLevel.Warning, "A call of {Device} failed and is made again: {Error}")]
    public static partial void CallRepeated(this ILogger logger, string device, string error);

    [LoggerMessage(8, LogLevel.Warning, "{Device} failed, {Failures} times in a row; its {Rows} rows wait again. {Error}")]
    public static partial void RowsRequeued(this ILogger logger, string device, int failures, int rows, string error);

    [LoggerMessage(9, LogLevel.Warning, "{Device} has less memory than planned: {Slots} rows at a time from now on. {Error}")]
    public static partial void MemoryHalved(this ILogger logger, string device, int slots, string error);

    [LoggerMessage(10, LogLevel.Error, "{Device} is given up; devices left: {DevicesLeft}. {Error}")]
    public static partial void DeviceLost(this ILogger logger, string device, int devicesLeft, string error);

    [LoggerMessage(11, LogLevel.Information,
        "Loaded {Model} ({Family}, {Precision}, vectors of {Dimension}) in {Seconds:0.0} s on {Devices}; {CachedVectors} in the cache")]
    public static partial void EmbedderLoaded(this ILogger logger, string model, string family, string precision, int dimension,
        double seconds, string devices, int cachedVectors);

    [LoggerMessage(12, LogLevel.Debug, "{Model} cut {Texts} texts to {MaxSequenceLength} tokens")]
    public static partial void TextsCut(this ILogger logger, string model, long texts, int maxSequenceLength);

    [LoggerMessage(13, LogLevel.Warning, "{Model}: {Notice}")]
    public static partial void SettingsIgnored(this ILogger logger, string model, string notice);
}
