namespace XlLoraOnnx.Runtime;

/// <summary>A text whose class is asked for.</summary>
public sealed record ClassificationRequest
{
    /// <summary>The text, in the language that the adapter was trained for.</summary>
    public required TaskText Text { get; init; }

    /// <summary>The same in the source language; null for none, which makes the adapter a plain one.</summary>
    public TaskText? Source { get; init; }

    /// <summary>An adapter of the folder; null for that of the options.</summary>
    public string? Adapter { get; init; }
}
