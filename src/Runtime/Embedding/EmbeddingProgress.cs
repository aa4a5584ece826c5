namespace XlLoraOnnx.Runtime;

/// <summary>Where an embedding job is.</summary>
/// <param name="Texts">Texts that are done.</param>
/// <param name="TotalTexts">Null when it cannot be known, as for standard input.</param>
/// <param name="TextsPerSecond">Since this run began.</param>
/// <param name="UsefulTokenShare">Share of the tokens that ran that were no padding.</param>
/// <param name="TimeLeft">Null with <paramref name="TotalTexts"/>.</param>
public sealed record EmbeddingProgress(long Texts, long? TotalTexts, double TextsPerSecond, double UsefulTokenShare, TimeSpan? TimeLeft);
