namespace XlLoraOnnx.Runtime;

/// <summary>A question about a text.</summary>
public sealed record AnswerRequest
{
    /// <summary>The question, in the language that the adapter was trained for.</summary>
    public required string Question { get; init; }

    /// <summary>Where the answer stands.</summary>
    public required string Context { get; init; }

    /// <summary>Question and context in the source language; null for none, which makes the adapter a plain one.</summary>
    public TaskText? Source { get; init; }

    /// <summary>An adapter of the folder; null for that of the options.</summary>
    public string? Adapter { get; init; }
}
