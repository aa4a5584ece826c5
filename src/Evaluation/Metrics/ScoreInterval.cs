namespace XlLoraOnnx.Evaluation;

/// <summary>A percentile bootstrap interval.</summary>
public sealed record ScoreInterval(double Low, double High);
