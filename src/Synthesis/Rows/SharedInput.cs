namespace XlLoraOnnx.Synthesis;

/// <summary>The input of a run, for those of its processes that have no file of it.</summary>
public sealed record SharedInput
{
    /// <summary>SHA-256 of the whole file, in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Bytes of the file.</summary>
    public required long Bytes { get; init; }

    /// <summary>Rows of the run: all of the file, or the first ones.</summary>
    public required long Rows { get; init; }

    /// <summary>Gives the rows from the first on; may be called often.</summary>
    public required Func<CancellationToken, IAsyncEnumerable<InputRow>> ReadAsync { get; init; }
}

/// <summary>A row of the input of a run.</summary>
/// <param name="Text">The anchor, or the text to be translated.</param>
/// <param name="Language">Where the input has one for each row; else null.</param>
public readonly record struct InputRow(string Text, string? Language);
