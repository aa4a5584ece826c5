namespace XlLoraOnnx.Runtime;

/// <summary>An answer to a question.</summary>
public sealed record AnswerResult
{
    /// <summary>A part of the context, or what a decoder wrote; empty where nothing of the context was read.</summary>
    public required string Text { get; init; }

    /// <summary>Where the answer begins in the context, in UTF-16 units; null where a decoder wrote it.</summary>
    public int? Start { get; init; }

    /// <summary>Probability of begin and end together; null where a decoder wrote the answer.</summary>
    public double? Score { get; init; }

    /// <summary>The same of the position that stands for "not in this text" in training; null where a decoder wrote the answer.</summary>
    public double? NoAnswerScore { get; init; }

    /// <summary>Whether the text was longer than <see cref="FusionOptions.MaxLength"/>, and a part of it was not read.</summary>
    public bool IsTruncated { get; init; }
}
