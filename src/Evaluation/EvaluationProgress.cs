namespace XlLoraOnnx.Evaluation;

/// <summary>How far an evaluation is.</summary>
/// <param name="Data">Task and subset that is worked on.</param>
/// <param name="Stage">What is done with it: <c>embedding</c>, <c>searching</c>, <c>resampling</c>.</param>
/// <param name="Done">Texts or queries that are done.</param>
/// <param name="Total">Texts or queries in all.</param>
public sealed record EvaluationProgress(string Data, string Stage, long Done, long Total);
