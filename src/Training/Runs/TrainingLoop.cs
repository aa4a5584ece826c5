namespace XlLoraOnnx.Training;

/// <summary>Trains: steps, evaluations and checkpoints in a folder that the same run is taken up from.</summary>
/// <remarks>
/// Everything after a step is a function of what a checkpoint holds, so that a run that was killed, at whatever point, and taken up ends
/// with the bits of one that was not.
/// </remarks>
internal sealed class TrainingLoop
{
    private readonly ITrainingTask _task;
    private readonly TrainingOptions _options;
    private readonly TrainingRunFolder _folder;
    private readonly AdamW _optimizer;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly TimeProvider _time;
    private readonly TrainingSpeed _speed;
    private readonly long _totalSteps;
    private readonly LearningRates _rates;
    private readonly ParameterGradient[] _gradients;
    private readonly long? _resumedFrom;
    private readonly string? _notice;
    private readonly TrainingHistory _history;
    private long _savedStep;

    /// <summary>Trains to the end of the run, from its last checkpoint on where the folder has one.</summary>
    /// <param name="folder">Of the run; it stays when the run is over.</param>
    /// <param name="time">Null for that of the system.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="NotFiniteLossException">The loss or the gradient of a step is no number; the last checkpoint stays.</exception>
    /// <exception cref="IOException">The folder holds another training, or cannot be written; the last checkpoint stays.</exception>
    /// <exception cref="InvalidDataException">No checkpoint of the folder is whole.</exception>
    /// <exception cref="OperationCanceledException">Says how to go on; there is a checkpoint of the last step.</exception>
    public static TrainingResult Run(ITrainingTask task, TrainingOptions options, string folder,
        IProgress<TrainingProgress>? progress = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        options.Validate();
        using var files = new TrainingRunFolder(folder);
        using var optimizer = new AdamW(task.Parameters, options);
        return new TrainingLoop(task, options, files, optimizer, progress, time ?? TimeProvider.System).Run(cancellationToken);
    }

    private TrainingLoop(ITrainingTask task, TrainingOptions options, TrainingRunFolder folder, AdamW optimizer,
        IProgress<TrainingProgress>? progress, TimeProvider time)
    {
        (_task, _options, _folder, _optimizer, _progress, _time) = (task, options, folder, optimizer, progress, time);
        _totalSteps = options.MaxSteps ?? checked((long)options.Epochs * task.StepsPerEpoch);
        if (task.StepsPerEpoch < 1)
            throw new ArgumentException($"An epoch has {task.StepsPerEpoch} steps: there is nothing to train on.", nameof(task));
        _rates = new LearningRates(options, _totalSteps);
        _gradients = [.. task.Parameters.Select(p => new ParameterGradient(p))];
        var state = folder.Resume(Identity, optimizer.Moments, out _notice);
        _history = state?.History() ?? new TrainingHistory();
        if (state is not null)
        {
            _resumedFrom = _savedStep = state.Step;
            _notice = $"{_notice} Going on after step {state.Step} of {_totalSteps}.".TrimStart();
        }
        _speed = new TrainingSpeed(time);
    }

    private string Identity => TrainingIdentity.Of(_task, _options, _totalSteps);

    private long Step => _history.Steps.Count;

    private bool IsStopped => _options.Patience is { } patience && _history.EvaluationsSinceBest >= patience;

    private bool IsOver => Step == _totalSteps || IsStopped;

    private bool IsEpochEnd => Step % _task.StepsPerEpoch == 0;

    private TrainingResult Run(CancellationToken cancellationToken)
    {
        Report(_notice);
        try
        {
            while (true)
            {
                if (IsEvaluationDue())
                    Evaluate(cancellationToken);
                if (Step != _savedStep && (Step % _options.SaveSteps == 0 || IsEpochEnd || IsOver))
                    Save();
                if (IsOver)
                    return Finish();
                cancellationToken.ThrowIfCancellationRequested();
                MakeStep(cancellationToken);
            }
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            if (Step != _savedStep)
                Save();
            var how = _folder.Last is { } last ? $"The same command goes on from '{last}'." : "Nothing was trained yet.";
            throw new OperationCanceledException($"Cancelled after step {Step} of {_totalSteps}. {how}", e, cancellationToken);
        }
    }

    /// <summary>An evaluation that a run was cancelled or killed in is made when it is taken up.</summary>
    private bool IsEvaluationDue() =>
        (IsEpochEnd || Step == _totalSteps || Step % (_options.EvalSteps ?? long.MaxValue) == 0)
        && (_history.Evaluations.Count == 0 || _history.Evaluations[^1].Step != Step);

    private void Evaluate(CancellationToken cancellationToken)
    {
        var scores = _task.Evaluate(cancellationToken);
        if (scores.Count == 0 && (_options.Patience is not null || _options.LoadBestModelAtEnd))
            throw new ArgumentException($"{nameof(TrainingOptions.Patience)} and {nameof(TrainingOptions.LoadBestModelAtEnd)} look at dev "
                + "scores, and there are no dev sets. Give some, or leave both options out.");
        if (_history.Add(new DevEvaluation(Step, scores)) && _options.LoadBestModelAtEnd)
            _folder.SaveBest(_task.Parameters, Step);
        Report(IsStopped && Step < _totalSteps ? $"Stopped at step {Step}: {scores[0].Name} was best after step {_history.Best!.Step}, "
            + $"{_history.EvaluationsSinceBest} evaluations ago." : null);
    }

    private void Save()
    {
        var state = new CheckpointState
        {
            Identity = Identity,
            Step = Step,
            Optimizer = [.. _optimizer.Moments.Select(m => new MomentState(m.Parameter.Name, m.Steps, m.Touched.ToArray()))],
            Steps = _history.Steps,
            Evaluations = _history.Evaluations,
        };
        _folder.Save(_optimizer.Moments, state);
        _savedStep = Step;
        _folder.WriteCurves(_history, _task.StepsPerEpoch);
    }

    private void MakeStep(CancellationToken cancellationToken)
    {
        foreach (var gradient in _gradients)
            gradient.Clear();
        var (start, step) = (_time.GetTimestamp(), Step);
        StepLoss loss;
        try
        {
            loss = _task.ComputeGradients(step, _gradients, cancellationToken);
        }
        catch (NotFiniteLossException e)
        {
            throw NotFinite(e.Message, e);
        }
        if (!double.IsFinite(loss.Loss))
            throw NotFinite(FormattableString.Invariant($"The loss is {loss.Loss}."));
        var norm = GradientClipping.Norm(_gradients, _options.ThreadCount);
        if (!double.IsFinite(norm))
            throw NotFinite(FormattableString.Invariant($"The loss is {loss.Loss}, but the norm of its gradient is {norm}."));
        var rate = _rates.At(step);
        _optimizer.Step(_gradients, rate, GradientClipping.Coefficient(norm, _options.MaxGradNorm));
        _history.Add(new TrainedStep(loss.Loss, rate, norm, loss.MlmLoss));
        _speed.Add(loss, start);
        Report();
    }

    private NotFiniteLossException NotFinite(string what, Exception? inner = null) => new(
        FormattableString.Invariant($"Step {Step + 1} of {_totalSteps}, with the learning rate {_rates.At(Step)}: {what} ")
        + (_folder.Last is { } last ? $"The last good checkpoint is '{last}'. " : "There is no checkpoint yet. ")
        + "A smaller learning rate or a longer warm-up often helps; begin again with it in another folder.", inner);

    private TrainingResult Finish()
    {
        // also where a run that was over is taken up, whose curves may not have been written
        _folder.WriteCurves(_history, _task.StepsPerEpoch);
        var kept = _options.LoadBestModelAtEnd ? _history.Best!.Step : Step;
        if (kept != Step)
            _folder.LoadBest(_task.Parameters, kept);
        return new TrainingResult(Step, _totalSteps, IsStopped && Step < _totalSteps, kept, _resumedFrom, _history);
    }

    private void Report(string? notice = null)
    {
        if (_progress is null)
            return;
        var last = _history.Steps.Count > 0 ? _history.Steps[^1] : null;
        _progress.Report(new TrainingProgress
        {
            Step = Step,
            TotalSteps = _totalSteps,
            Epoch = (double)Step / _task.StepsPerEpoch,
            Loss = last?.Loss,
            SmoothedLoss = last is null ? null : _history.SmoothedLosses[^1],
            LearningRate = last?.LearningRate,
            GradientNorm = last?.GradientNorm,
            RowsPerSecond = _speed.RowsPerSecond,
            TokensPerSecond = _speed.TokensPerSecond,
            TimeLeft = _speed.TimeLeft(_totalSteps - Step),
            DevScores = _history.Evaluations.Count > 0 ? _history.Evaluations[^1].Scores : [],
            Notice = notice,
        });
    }
}
