namespace XlLoraOnnx.Cli;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCodes
{
    public const int Succeeded = 0;

    /// <summary>The message on standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>The run is complete, but some of it failed for good: rows of <c>synthesize</c>, files of a folder of <c>evaluate</c>. The
    /// summary names them.</summary>
    public const int PartlyFailed = 3;

    /// <summary>Ctrl+C, as a shell counts it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
