using System.Diagnostics;

namespace XlLoraOnnx.Training;

/// <summary>How long a step takes: first steps of a run, whose weights nobody keeps.</summary>
internal static class StepTiming
{
    private const int Measured = 2;

    // a step that takes longer says enough by itself
    private static readonly TimeSpan LongStep = TimeSpan.FromSeconds(30);

    /// <summary>Of the steps after the first, which also makes the session; of the first where that takes long, or is the only
    /// one.</summary>
    /// <param name="task">Its parameters are other ones afterwards.</param>
    /// <param name="totalSteps">Of the run.</param>
    public static TimeSpan Measure(ITrainingTask task, TrainingOptions options, long totalSteps, CancellationToken cancellationToken)
    {
        using var optimizer = new AdamW(task.Parameters, options);
        var rates = new LearningRates(options, totalSteps);
        ParameterGradient[] gradients = [.. task.Parameters.Select(p => new ParameterGradient(p))];
        var first = Step(0);
        var rest = (int)Math.Min(Measured, totalSteps - 1);
        if (rest == 0 || first > LongStep)
            return first;
        var sum = TimeSpan.Zero;
        for (var step = 1; step <= rest; step++)
            sum += Step(step);
        return sum / rest;

        TimeSpan Step(long step)
        {
            var start = Stopwatch.GetTimestamp();
            foreach (var gradient in gradients)
                gradient.Clear();
            task.ComputeGradients(step, gradients, cancellationToken);
            var norm = GradientClipping.Norm(gradients, options.ThreadCount);
            optimizer.Step(gradients, rates.At(step), GradientClipping.Coefficient(norm, options.MaxGradNorm));
            return Stopwatch.GetElapsedTime(start);
        }
    }
}
