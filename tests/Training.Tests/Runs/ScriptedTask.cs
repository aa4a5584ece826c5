namespace XlLoraOnnx.Training.Tests;

/// <summary>Half the squared distance of some parameters from where they should be, with noise that is a function of the step.</summary>
internal sealed class ScriptedTask : ITrainingTask, IDisposable
{
    public const int Steps = 3;
    private const int Width = 5;
    private const int Rows = 9;
    private const float Noise = 0.01f;

    private readonly float[][] _targets;
    private int _evaluations;

    public ScriptedTask()
    {
        Parameters = [new("dense.weight", [4, 3]), new("dense.bias", [3]), new("embeddings.weight", [Rows, Width], isTable: true)];
        _targets = [.. Parameters.Select((p, i) => TrainingSteps.Numbers(p.Length, 100 + (ulong)i))];
        foreach (var (i, parameter) in Parameters.Index())
            TrainingSteps.Numbers(parameter.Length, 200 + (ulong)i).CopyTo(parameter.Values);
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    public int StepsPerEpoch { get; init; } = Steps;

    public string Fingerprint { get; init; } = "base=aaaa data=bbbb options=cccc";

    /// <summary>Called before a step with its number.</summary>
    public Action<long>? Before { get; init; }

    /// <summary>Called before an evaluation with its number.</summary>
    public Action<int>? BeforeEvaluation { get; init; }

    /// <summary>Instead of the losses that there are.</summary>
    public Func<long, double, double> Loss { get; init; } = (_, loss) => loss;

    /// <summary>Factor of the gradients of a step.</summary>
    public Func<long, float> GradientScale { get; init; } = _ => 1;

    /// <summary>Scores of the evaluations in their order; null for that of the distance.</summary>
    public double[]? Scores { get; init; }

    /// <summary>Score of a distance.</summary>
    public Func<double, double> Score { get; init; } = distance => -distance;

    public bool HasDevSets { get; init; } = true;

    /// <summary>All parameters one after the other.</summary>
    public float[] Weights => [.. Parameters.SelectMany(p => p.Values.ToArray())];

    public StepLoss ComputeGradients(long step, IReadOnlyList<ParameterGradient> gradients, CancellationToken cancellationToken)
    {
        Before?.Invoke(step);
        cancellationToken.ThrowIfCancellationRequested();
        for (var i = 0; i < 2; i++)
        {
            var gradient = Differences(i);
            var noise = TrainingSteps.Numbers(gradient.Length, 1000 + (ulong)(2 * step + i));
            gradients[i].Add([.. gradient.Select((g, at) => (g + Noise * noise[at]) * GradientScale(step))]);
        }
        long[] rows = [step % Rows, 3 * step % Rows];
        var table = Differences(2);
        gradients[2].AddRows(rows, [.. rows.SelectMany(row => table.Skip((int)row * Width).Take(Width))]);
        return new StepLoss(Loss(step, Distance()), 8, 100);
    }

    public IReadOnlyList<DevScore> Evaluate(CancellationToken cancellationToken)
    {
        BeforeEvaluation?.Invoke(_evaluations);
        cancellationToken.ThrowIfCancellationRequested();
        var score = Scores is null ? Score(Distance()) : Scores[_evaluations];
        _evaluations++;
        return HasDevSets ? [new DevScore("dev spearman", score), new DevScore("dev, \"other\"", 1 / (1 + Distance()))] : [];
    }

    public double Distance() => Enumerable.Range(0, Parameters.Count).Sum(i => Differences(i).Sum(d => 0.5 * d * d));

    public void Dispose()
    {
        foreach (var parameter in Parameters)
            parameter.Dispose();
    }

    private float[] Differences(int index)
    {
        var values = Parameters[index].Values;
        var targets = _targets[index];
        var differences = new float[targets.Length];
        for (var i = 0; i < targets.Length; i++)
            differences[i] = values[i] - targets[i];
        return differences;
    }
}
