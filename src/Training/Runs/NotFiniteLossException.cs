namespace XlLoraOnnx.Training;

/// <summary>The loss of a step is no number.</summary>
/// <param name="message">The step, the rows of the data, and the first layer whose states are no numbers.</param>
/// <param name="innerException">What the task said of the rows and the layer, where the loop has added the step.</param>
public sealed class NotFiniteLossException(string message, Exception? innerException = null)
    : InvalidOperationException(message, innerException);
