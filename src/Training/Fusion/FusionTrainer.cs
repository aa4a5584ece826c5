using System.Diagnostics;

namespace XlLoraOnnx.Training;

/// <summary>Trains adapters that read two languages at once, and their heads (FLARE, arXiv 2501.06892), on XLM-RoBERTa and
/// RoBERTa.</summary>
public static class FusionTrainer
{
    /// <summary>Trains an adapter with its head and writes both as a PEFT folder with <c>flare_config.json</c>, on a thread of its
    /// own.</summary>
    /// <remarks>
    /// Everything is read and checked before the first step. Checkpoints are kept in <paramref name="outputFolder"/><c>.partial</c>; after
    /// an interruption of any kind the same call goes on there, and ends with the same bits. The folder is there when it is whole. The
    /// weights of the model stay as they are.
    /// </remarks>
    /// <param name="modelFolder">Hugging Face checkpoint of an XLM-RoBERTa or RoBERTa with its tokenizer.</param>
    /// <param name="dataPath">What <see cref="TaskExamples"/> reads, with labels or answers.</param>
    /// <param name="outputFolder">Must not exist, or be empty.</param>
    /// <param name="options">What is learned.</param>
    /// <param name="training">Null for <see cref="FusionTrainingOptions.TrainingDefaults"/>.</param>
    /// <param name="progress">Told on that thread after every step and evaluation.</param>
    /// <exception cref="InvalidDataException">A file is malformed, or the data has rows that cannot be trained on.</exception>
    /// <exception cref="NotSupportedException">The checkpoint is of another kind.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="NotFiniteLossException">The loss of a step is no number; the last checkpoint stays.</exception>
    /// <exception cref="IOException">The output is there, the disk is full, or the unfinished run is another one.</exception>
    /// <exception cref="TrainingInterruptedException">It was cancelled and can be continued.</exception>
    public static Task<FusionTrainingReport> TrainAsync(string modelFolder, string dataPath, string outputFolder,
        FusionTrainingOptions options, TrainingOptions? training = null, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        ArgumentException.ThrowIfNullOrEmpty(dataPath);
        ArgumentException.ThrowIfNullOrEmpty(outputFolder);
        ArgumentNullException.ThrowIfNull(options);
        return OwnThread.RunAsync(() => Train(modelFolder, dataPath, outputFolder, options,
            training ?? FusionTrainingOptions.TrainingDefaults, parts => new FusionTask(parts), progress, cancellationToken),
            cancellationToken);
    }

    /// <summary>What a training would take, in memory and time. Nothing is written; some steps are made, and their weights thrown
    /// away.</summary>
    /// <param name="modelFolder">As for <see cref="TrainAsync"/>.</param>
    /// <param name="dataPath">As for <see cref="TrainAsync"/>.</param>
    /// <param name="options">What would be learned.</param>
    /// <param name="training">Null for <see cref="FusionTrainingOptions.TrainingDefaults"/>.</param>
    /// <exception cref="InvalidDataException">A file is malformed, or the data has rows that cannot be trained on.</exception>
    /// <exception cref="NotSupportedException">The checkpoint is of another kind.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="NotFiniteLossException">The loss of a first step is no number.</exception>
    public static Task<TrainingPlan> PlanAsync(string modelFolder, string dataPath, FusionTrainingOptions options,
        TrainingOptions? training = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        ArgumentException.ThrowIfNullOrEmpty(dataPath);
        ArgumentNullException.ThrowIfNull(options);
        return OwnThread.RunAsync(() => Plan(modelFolder, dataPath, options, training ?? FusionTrainingOptions.TrainingDefaults,
            cancellationToken), cancellationToken);
    }

    /// <param name="createTask">Makes the graphs; what it makes is disposed of here, if it can be.</param>
    internal static FusionTrainingReport Train(string modelFolder, string dataPath, string outputFolder, FusionTrainingOptions options,
        TrainingOptions training, Func<FusionTaskParts, ITrainingTask> createTask, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var start = Stopwatch.GetTimestamp();
        options.Validate();
        training.Validate();
        var output = PartialFolder.CheckFree(outputFolder);
        using var preparation = new FusionPreparation(modelFolder, dataPath, options, training, cancellationToken);
        var parts = preparation.Parts;
        return TrainingRun.Run(createTask(parts), training, output, progress, (result, place, curves) =>
        {
            var report = new FusionTrainingReport(parts, result, output);
            FusionWriter.Write(place, output, parts, FusionCard.Render(parts, report, ModelExport.ToolVersion), curves);
            return report with { Elapsed = Stopwatch.GetElapsedTime(start) };
        }, cancellationToken);
    }

    private static TrainingPlan Plan(string modelFolder, string dataPath, FusionTrainingOptions options, TrainingOptions training,
        CancellationToken cancellationToken)
    {
        var process = Environment.WorkingSet;
        options.Validate();
        training.Validate();
        using var preparation = new FusionPreparation(modelFolder, dataPath, options, training, cancellationToken);
        return FusionTrainingPlan.Make(preparation.Parts, process, cancellationToken);
    }
}
