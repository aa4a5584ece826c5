namespace XlLoraOnnx.Synthesis;

/// <summary>A model as a job sees it.</summary>
/// <param name="Model">What its predictions depend on.</param>
/// <param name="Columns">What it says of a row.</param>
/// <param name="TakesSource">Whether it reads a row together with the same in another language.</param>
/// <param name="PredictAsync">One prediction for each row, in their order.</param>
internal sealed record Predictor(string Model, IReadOnlyList<string> Columns, bool TakesSource,
    Func<IReadOnlyList<PredictedRow>, CancellationToken, Task<IReadOnlyList<Prediction>>> PredictAsync);

/// <summary>A row that is predicted.</summary>
/// <param name="Source">The same in the source language; null for none.</param>
internal sealed record PredictedRow(TaskText Text, TaskText? Source);

/// <summary>What a model says of a row.</summary>
/// <param name="Texts">One for each of its columns.</param>
/// <param name="IsTruncated">Whether a part of the row was not read.</param>
internal sealed record Prediction(IReadOnlyList<string> Texts, bool IsTruncated);
