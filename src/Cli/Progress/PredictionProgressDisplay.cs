namespace XlLoraOnnx.Cli;

/// <summary>Rows, rows/s and time left.</summary>
internal sealed class PredictionProgressDisplay : IProgress<PredictionProgress>, IDisposable
{
    private readonly ProgressLine _line = new ProgressLine(TimeSpan.Zero, TimeSpan.FromSeconds(2)).Wait();

    public void Report(PredictionProgress value)
    {
        if (!_line.IsDue)
            return;
        var left = TimeSpan.FromSeconds((value.TotalRows - value.Rows) / Math.Max(value.RowsPerSecond, 1e-3));
        _line.Write($"{Quantities.Count(value.Rows)} of {Quantities.Count(value.TotalRows)} rows   "
            + $"{Quantities.Rate(value.RowsPerSecond)} rows/s   {Quantities.Duration(left)} left");
    }

    public void Dispose() => _line.End();
}
