namespace XlLoraOnnx.Training;

/// <summary>The loss of a step is no number.</summary>
/// <param name="message">The step, the rows of the data, and the first layer whose states are no numbers.</param>
public sealed class NotFiniteLossException(string message) : InvalidOperationException(message);
