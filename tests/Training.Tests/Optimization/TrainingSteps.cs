namespace XlLoraOnnx.Training.Tests;

/// <summary>Numbers and options for steps that are made again.</summary>
internal static class TrainingSteps
{
    public static TrainingOptions Plain { get; } = new() { Threads = 2 };

    /// <summary>From −1 to 1.</summary>
    public static float[] Numbers(int count, ulong stream) =>
        [.. Enumerable.Range(0, count).Select(i => (float)(2 * CounterRandom.Unit(7, stream, (ulong)i) - 1))];
}

/// <summary>One parameter and its optimizer.</summary>
internal sealed class Trained : IDisposable
{
    private readonly Parameter _parameter;
    private readonly AdamW _optimizer;

    public Trained(float[] values, TrainingOptions options, string name = "dense.weight", int? tableWidth = null)
    {
        _parameter = tableWidth is { } width
            ? new Parameter(name, [values.Length / width, width], isTable: true)
            : new Parameter(name, [values.Length]);
        values.CopyTo(_parameter.Values);
        _optimizer = new AdamW([_parameter], options);
    }

    public float[] Values => _parameter.Values.ToArray();

    public float[] First => _optimizer.Moments[0].First.ToArray();

    public float[] Second => _optimizer.Moments[0].Second.ToArray();

    public long Steps => _optimizer.Moments[0].Steps;

    public AdamMoments Moments => _optimizer.Moments[0];

    public void Step(float[]? gradient, double learningRate, float scale = 1)
    {
        var sum = new ParameterGradient(_parameter);
        if (gradient is not null)
            sum.Add(gradient);
        _optimizer.Step([sum], learningRate, scale);
    }

    public void StepRows(long[] rows, float[] values, double learningRate)
    {
        var sum = new ParameterGradient(_parameter);
        sum.AddRows(rows, values);
        _optimizer.Step([sum], learningRate);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _parameter.Dispose();
    }
}
