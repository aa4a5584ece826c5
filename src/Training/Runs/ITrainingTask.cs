namespace XlLoraOnnx.Training;

/// <summary>What is trained and on what: the loop knows nothing else of it.</summary>
/// <remarks>
/// Everything is a function of the parameters, the seed and the number of the step, so that a run that was killed goes on from its last
/// checkpoint as if nothing had happened, and a step can be made again.
/// </remarks>
internal interface ITrainingTask
{
    /// <summary>In an order that does not change.</summary>
    IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Optimizer steps of an epoch; the last may have fewer rows.</summary>
    int StepsPerEpoch { get; }

    /// <summary>Of what is trained on and from, and how, as <c>base=HASH data=HASH options=HASH</c>: a run is only taken up with the
    /// same, and the names of the parts that differ are said.</summary>
    string Fingerprint { get; }

    /// <summary>Adds the gradients of a step's mean loss, over all of its parts, to <paramref name="gradients"/>.</summary>
    /// <param name="step">From 0, over all epochs.</param>
    /// <param name="gradients">One for each parameter, in their order; empty.</param>
    /// <exception cref="NotFiniteLossException">The loss, or a state of a layer, is no number: says of which rows and where.</exception>
    StepLoss ComputeGradients(long step, IReadOnlyList<ParameterGradient> gradients, CancellationToken cancellationToken);

    /// <summary>Scores on the dev sets with the parameters as they are; the first is the one that early stopping looks at, and
    /// larger is better. Empty without dev sets.</summary>
    IReadOnlyList<DevScore> Evaluate(CancellationToken cancellationToken);
}

/// <param name="Loss">Mean over the rows of the step.</param>
/// <param name="Rows">Of the step.</param>
/// <param name="Tokens">That were computed, without padding.</param>
/// <param name="MlmLoss">The part of a masked language model, before its weight; null without one.</param>
internal readonly record struct StepLoss(double Loss, int Rows, long Tokens, double? MlmLoss = null);

/// <summary>A score on a dev set; larger is better.</summary>
/// <param name="Name">e.g. <c>sts-dev spearman</c>.</param>
public readonly record struct DevScore(string Name, double Value);
