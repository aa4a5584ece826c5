namespace XlLoraOnnx.Training;

/// <summary>How a run ended; the weights are in the parameters of the task.</summary>
/// <param name="Steps">That were made, those before it was taken up included.</param>
/// <param name="TotalSteps">That would have been made without an early stop.</param>
/// <param name="StoppedEarly">For want of a better score.</param>
/// <param name="WeightsOfStep">After which the weights were what they are now: the last one, or that of the best score.</param>
/// <param name="ResumedFrom">Step of the checkpoint that this process went on from; null if it began.</param>
internal sealed record TrainingResult(
    long Steps, long TotalSteps, bool StoppedEarly, long WeightsOfStep, long? ResumedFrom, TrainingHistory History);
