using System.Net;
using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Server;

/// <summary>Where a server listens, who may ask it, and for how much.</summary>
public sealed record ModelServerOptions
{
    /// <summary>Address to listen on: <c>localhost</c>, or an IP address. One that others reach needs <see cref="ApiKeys"/>.</summary>
    public string Host { get; init; } = "localhost";

    /// <summary>Port to listen on; 0 for any that is free (<see cref="ModelServer.Address"/> says which).</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Keys of which a caller must send one (<c>Authorization: Bearer KEY</c>); none where everybody on this machine may
    /// ask.</summary>
    public IReadOnlyList<string> ApiKeys { get; init; } = [];

    /// <summary>Key of whoever may add and remove adapters; null where nobody may.</summary>
    public string? AdminKey { get; init; }

    /// <summary>Folder that adapters may be added from; null for none.</summary>
    public string? AdapterRoot { get; init; }

    /// <summary>What the generating model is called; null for the name of its folder. <c>base</c> means it as well.</summary>
    public string? ModelName { get; init; }

    /// <summary>Most tokens that an answer may have.</summary>
    public int MaxTokens { get; init; } = 4096;

    /// <summary>Most rows that wait beside those that run; what comes then is told to come again (429).</summary>
    public int MaxWaiting { get; init; } = 256;

    /// <summary>Most bytes of the body of a request. As many bodies are in memory as there are <see cref="MaxConnections"/>, at
    /// worst.</summary>
    public long MaxBodyBytes { get; init; } = 4 << 20;

    /// <summary>How long the body of a request may take to arrive.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long running requests have to end when the server is stopped.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most connections at a time.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Where failures are logged, never a text or a key; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Where it listens; keys are not printed.</summary>
    public override string ToString() => $"{Host}:{Port}";

    /// <summary>Checks every value against its range, and all of them together.</summary>
    /// <exception cref="ArgumentException">A value is out of its range, or the server would be open to everybody.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder of adapters.</exception>
    public void Validate()
    {
        if (Host != "localhost" && !IPAddress.TryParse(Host, out _))
            throw new ArgumentException($"Host is '{Host}'; it must be localhost or an IP address, such as 127.0.0.1 or 0.0.0.0.");
        Require(Port is >= 0 and <= IPEndPoint.MaxPort, nameof(Port), Port, $"0 (any) to {IPEndPoint.MaxPort}");
        Require(MaxTokens >= 1, nameof(MaxTokens), MaxTokens, "at least 1");
        Require(MaxWaiting >= 0, nameof(MaxWaiting), MaxWaiting, "0 or more");
        Require(MaxBodyBytes >= 1, nameof(MaxBodyBytes), MaxBodyBytes, "at least 1");
        Require(MaxConnections >= 1, nameof(MaxConnections), MaxConnections, "at least 1");
        Require(BodyTimeout > TimeSpan.Zero, nameof(BodyTimeout), BodyTimeout, "above 0");
        Require(DrainTimeout >= TimeSpan.Zero, nameof(DrainTimeout), DrainTimeout, "0 or more");
        if (ApiKeys.Append(AdminKey).Any(key => key is not null && (key.Length == 0 || key.Any(c => c is <= ' ' or > '~'))))
            throw new ArgumentException("A key is empty, or holds a space or what is not ASCII, and no header could carry it. Make one of "
                + "letters and digits, such as openssl rand -hex 32 makes.");
        if (!IPAddress.IsLoopback(ListenAddress) && ApiKeys.Count == 0)
            throw new ArgumentException(
                $"Host is '{Host}', which other machines reach, and there is no API key: anybody could use the model. Give keys, or listen "
                + "on localhost.");
        if (AdapterRoot is not null && !Directory.Exists(AdapterRoot))
            throw new DirectoryNotFoundException($"The folder of adapters '{AdapterRoot}' does not exist.");
        if ((AdminKey is null) != (AdapterRoot is null))
            throw new ArgumentException(AdminKey is null
                ? $"Adapters are to be added from '{AdapterRoot}', and there is no admin key. Give one, or leave the folder out."
                : "There is an admin key, and no folder that adapters may be added from. Give one, or leave the key out.");
        if (AdminKey is not null && ApiKeys.Contains(AdminKey))
            throw new ArgumentException("The admin key is an API key too: everybody could add adapters. Give it one of its own.");
    }

    internal IPAddress ListenAddress => Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(Host);

    private static void Require(bool allowed, string name, object value, string range)
    {
        if (!allowed)
            throw new ArgumentException($"{name} is {value}; it must be {range}.");
    }
}
