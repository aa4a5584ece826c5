namespace XlLoraOnnx.Training;

/// <summary>How the learning rate changes over a run: <c>lr_scheduler_type</c> of transformers.</summary>
public enum LearningRateSchedule
{
    /// <summary><c>linear</c>: up to the learning rate over the warm-up, then down to 0 at the end of the run.</summary>
    Linear,

    /// <summary><c>constant</c>.</summary>
    Constant,

    /// <summary><c>constant_with_warmup</c>: up to the learning rate over the warm-up, then constant.</summary>
    ConstantWithWarmup,
}
