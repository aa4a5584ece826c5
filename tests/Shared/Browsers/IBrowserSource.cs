namespace XlLoraOnnx.Tests;

/// <summary>A way to get a browser onto this machine.</summary>
internal interface IBrowserSource
{
    /// <summary>What a person would type to go this way; null where it leads nowhere on this machine.</summary>
    string? Command { get; }

    /// <summary>Whether this process may go it.</summary>
    bool Allowed { get; }

    /// <summary>Goes it, in bounded time.</summary>
    /// <returns>Null where all went well, else what stood in the way.</returns>
    Task<string?> GetAsync();
}
