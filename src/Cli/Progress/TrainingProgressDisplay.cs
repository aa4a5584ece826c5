using System.Globalization;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>Loss, rate and time left; every evaluation and notice is a line that stays.</summary>
internal sealed class TrainingProgressDisplay : IProgress<TrainingProgress>, IDisposable
{
    private readonly ProgressLine _line = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));
    private IReadOnlyList<DevScore> _scores = [];

    public void Report(TrainingProgress value)
    {
        if (value.Notice is { } notice)
            _line.WriteLine(notice);
        // the loop reports the same list until the next evaluation
        if (!ReferenceEquals(value.DevScores, _scores) && value.DevScores.Count > 0)
            _line.WriteLine($"step {Quantities.Count(value.Step)}   " + string.Join("   ", value.DevScores.Select(TrainingReportView.Score)));
        _scores = value.DevScores;
        if (value.Loss is null || !(_line.IsDue || value.Step == value.TotalSteps))
            return;
        _line.Write(string.Create(CultureInfo.InvariantCulture, $"step {value.Step} of {value.TotalSteps}   epoch {value.Epoch:0.00}   ")
            + string.Create(CultureInfo.InvariantCulture, $"loss {value.SmoothedLoss:0.0000}   learning rate {value.LearningRate:0.0e+00}")
            + (value.RowsPerSecond is { } rate ? $"   {Quantities.Rate(rate)} rows/s" : "")
            + (value.TimeLeft is { } left ? $"   {Quantities.Duration(left)} left" : ""));
    }

    public void Dispose() => _line.End();
}
