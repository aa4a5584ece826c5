namespace XlLoraOnnx.Exporter;

/// <summary>An export cannot work, for several reasons at once. A single reason comes as the exception of its own kind.</summary>
public sealed class ExportRefusedException : Exception
{
    internal ExportRefusedException(IReadOnlyList<Exception> reasons)
        : base($"The export cannot begin, for {reasons.Count} reasons:\n" + string.Join('\n', reasons.Select(r => r.Message)),
            new AggregateException(reasons)) =>
        Problems = [.. reasons.Select(r => r.Message)];

    /// <summary>Every reason that was found before the first byte was written.</summary>
    public IReadOnlyList<string> Problems { get; }
}
