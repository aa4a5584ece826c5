namespace XlLoraOnnx.Cli;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCodes
{
    public const int Succeeded = 0;

    /// <summary>The message on standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>The run is complete, but the generator failed on some rows for good; the summary counts them.</summary>
    public const int Quarantined = 3;

    /// <summary>Ctrl+C, as a shell counts it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
