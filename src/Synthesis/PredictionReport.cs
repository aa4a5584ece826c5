namespace XlLoraOnnx.Synthesis;

/// <summary>What came of a <see cref="PredictionJob"/>.</summary>
/// <param name="Output">The table.</param>
/// <param name="Rows">Rows in it.</param>
/// <param name="Continued">How many of them an earlier run had predicted.</param>
/// <param name="Truncated">Rows whose text was longer than the model reads.</param>
/// <param name="Translated">Rows whose text in the source language was made on the way.</param>
/// <param name="Skipped">Rows of the input that are no examples.</param>
public sealed record PredictionReport(
    string Output, int Rows, int Continued, int Truncated, int Translated, IReadOnlyList<SkippedRow> Skipped);

/// <summary>How far a <see cref="PredictionJob"/> is.</summary>
/// <param name="Rows">Done, with those of an earlier run.</param>
/// <param name="TotalRows">All.</param>
/// <param name="RowsPerSecond">Of this run.</param>
public sealed record PredictionProgress(int Rows, int TotalRows, double RowsPerSecond);
