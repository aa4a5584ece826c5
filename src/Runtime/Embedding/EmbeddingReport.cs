namespace XlLoraOnnx.Runtime;

/// <summary>What an embedding job did.</summary>
public sealed record EmbeddingReport
{
    /// <summary>The file; null for a stream.</summary>
    public required string? Output { get; init; }

    /// <summary>Rows of the output.</summary>
    public required long Texts { get; init; }

    /// <summary>Rows that an earlier run had written.</summary>
    public required long Continued { get; init; }

    /// <summary>Empty texts; they have a vector like any other.</summary>
    public required long EmptyTexts { get; init; }

    /// <summary>Numbers of a vector.</summary>
    public required int Dimension { get; init; }

    /// <summary>What stood before every text; empty for nothing.</summary>
    public required string Prompt { get; init; }

    public required TimeSpan Elapsed { get; init; }

    /// <summary>Of this run.</summary>
    public required EmbeddingStatistics Statistics { get; init; }
}
