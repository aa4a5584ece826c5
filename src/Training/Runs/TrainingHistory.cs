using System.Text.Json.Serialization;

namespace XlLoraOnnx.Training;

/// <summary>What happened in a run, step by step.</summary>
/// <remarks>A function of the run alone: no times stand in it, so that a run that was taken up has the same history.</remarks>
internal sealed class TrainingHistory
{
    /// <summary>Of the smoothed loss: what a step keeps of it, as the slider of TensorBoard calls it.</summary>
    private const double Smoothing = 0.95;

    private readonly List<TrainedStep> _steps = [];
    private readonly List<DevEvaluation> _evaluations = [];
    private readonly List<double> _smoothed = [];
    private double _average;

    public IReadOnlyList<TrainedStep> Steps => _steps;

    public IReadOnlyList<DevEvaluation> Evaluations => _evaluations;

    /// <summary>The smoothed loss after each step: an exponential average, whose first values are corrected for the few that there
    /// were.</summary>
    public IReadOnlyList<double> SmoothedLosses => _smoothed;

    /// <summary>The evaluation with the best first score, the earlier of equal ones; null before the first, and without dev sets.</summary>
    public DevEvaluation? Best { get; private set; }

    /// <summary>Evaluations since the best one.</summary>
    public int EvaluationsSinceBest { get; private set; }

    public void Add(TrainedStep step)
    {
        _steps.Add(step);
        _average = Smoothing * _average + (1 - Smoothing) * step.Loss;
        _smoothed.Add(_average / (1 - Math.Pow(Smoothing, _steps.Count)));
    }

    /// <returns>Whether it is the best so far.</returns>
    public bool Add(DevEvaluation evaluation)
    {
        _evaluations.Add(evaluation);
        if (evaluation.Scores.Count == 0)
            return false;
        // anything is better than a score that is no number
        var isBest = Best is null || evaluation.Scores[0].Value > Best.Scores[0].Value
            || double.IsNaN(Best.Scores[0].Value) && !double.IsNaN(evaluation.Scores[0].Value);
        EvaluationsSinceBest = isBest ? 0 : EvaluationsSinceBest + 1;
        if (isBest)
            Best = evaluation;
        return isBest;
    }
}

/// <param name="Loss">Mean over the rows of the step.</param>
/// <param name="LearningRate">That the step was made with.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="MlmLoss">The part of a masked language model in the loss, before its weight; null without one.</param>
internal sealed record TrainedStep(double Loss, double LearningRate, double GradientNorm,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? MlmLoss = null);

/// <param name="Step">Steps that were made before it.</param>
/// <param name="Scores">Empty without dev sets.</param>
internal sealed record DevEvaluation(long Step, IReadOnlyList<DevScore> Scores);
