namespace XlLoraOnnx.Formats;

/// <summary>Texts in an order, wherever they come from.</summary>
public sealed record TextInput
{
    /// <summary>For messages: a path, for example.</summary>
    public required string Name { get; init; }

    /// <summary>What tells these texts from others, by name: a job that was interrupted continues only where all of it is the
    /// same.</summary>
    public required IReadOnlyDictionary<string, string> Identity { get; init; }

    /// <summary>Whether they can be read once only, as standard input can.</summary>
    public bool IsReadOnce { get; init; }

    /// <summary>Begins to read, from the first text.</summary>
    public required Func<CancellationToken, IAsyncEnumerable<string>> Read { get; init; }
}
