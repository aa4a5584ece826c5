using System.Diagnostics;

namespace XlLoraOnnx.Training;

/// <summary>Trains LoRA adapters (arXiv 2106.09685) from pairs of sentences or of texts, as XL-LoRA and TRL do.</summary>
public static class AdapterTrainer
{
    /// <summary>Trains an adapter and writes it as a PEFT folder, on a thread of its own.</summary>
    /// <remarks>
    /// Everything is read and checked before the first step. Checkpoints are kept in <paramref name="outputFolder"/><c>.partial</c>; after
    /// an interruption of any kind the same call goes on there, and ends with the same bits. The folder is there when it is whole. The
    /// weights of the model stay as they are.
    /// </remarks>
    /// <param name="modelFolder">Hugging Face checkpoint of a Gemma 2, Gemma 3 or Llama with a chat template.</param>
    /// <param name="dataPath">A table, JSON or Parquet, or a folder of them, with <c>sent0</c> and <c>sent1</c> or <c>hard_neg</c>, with
    /// <c>inputs</c> and <c>targets</c>, or with <c>prompt</c> and <c>completion</c>.</param>
    /// <param name="outputFolder">Must not exist, or be empty.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="training">Null for <see cref="AdapterTrainingOptions.TrainingDefaults"/>.</param>
    /// <param name="progress">Told on that thread after every step and evaluation.</param>
    /// <exception cref="InvalidDataException">A file is malformed, or the data has rows that cannot be trained on.</exception>
    /// <exception cref="NotSupportedException">The checkpoint is of another kind, or has no chat template.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="NotFiniteLossException">The loss of a step is no number; the last checkpoint stays.</exception>
    /// <exception cref="IOException">The output is there, the disk is full, or the unfinished run is another one.</exception>
    /// <exception cref="TrainingInterruptedException">It was cancelled and can be continued.</exception>
    public static Task<AdapterTrainingReport> TrainAsync(string modelFolder, string dataPath, string outputFolder,
        AdapterTrainingOptions? options = null, TrainingOptions? training = null, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        ArgumentException.ThrowIfNullOrEmpty(dataPath);
        ArgumentException.ThrowIfNullOrEmpty(outputFolder);
        return OwnThread.RunAsync(() => Train(modelFolder, dataPath, outputFolder, options ?? new AdapterTrainingOptions(),
            training ?? AdapterTrainingOptions.TrainingDefaults, CreateTask, progress, cancellationToken), cancellationToken);
    }

    /// <summary>What a training would take, in memory and time. Nothing is written; some steps are made, and their weights thrown
    /// away.</summary>
    /// <param name="modelFolder">As for <see cref="TrainAsync"/>.</param>
    /// <param name="dataPath">As for <see cref="TrainAsync"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="training">Null for <see cref="AdapterTrainingOptions.TrainingDefaults"/>.</param>
    /// <exception cref="InvalidDataException">A file is malformed, or the data has rows that cannot be trained on.</exception>
    /// <exception cref="NotSupportedException">The checkpoint is of another kind.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="NotFiniteLossException">The loss of a first step is no number.</exception>
    public static Task<TrainingPlan> PlanAsync(string modelFolder, string dataPath, AdapterTrainingOptions? options = null,
        TrainingOptions? training = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        ArgumentException.ThrowIfNullOrEmpty(dataPath);
        return OwnThread.RunAsync(() => Plan(modelFolder, dataPath, options ?? new AdapterTrainingOptions(),
            training ?? AdapterTrainingOptions.TrainingDefaults, cancellationToken), cancellationToken);
    }

    /// <param name="createTask">Makes the graphs; what it makes is disposed of here, if it can be.</param>
    internal static AdapterTrainingReport Train(string modelFolder, string dataPath, string outputFolder, AdapterTrainingOptions options,
        TrainingOptions training, Func<AdapterTaskParts, ITrainingTask> createTask, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var start = Stopwatch.GetTimestamp();
        options.Validate();
        training.Validate();
        var output = PartialFolder.CheckFree(outputFolder);
        return WithParts(modelFolder, dataPath, options, training, (parts, fingerprint) =>
            TrainingRun.Run(createTask(parts), training, output, progress, (result, place, curves) =>
            {
                var report = new AdapterTrainingReport(parts, result, output);
                PeftWriter.Write(place, output, parts.Source, parts.Parameters,
                    AdapterCard.Render(parts, report, fingerprint, ModelExport.ToolVersion), curves);
                return report with { Elapsed = Stopwatch.GetElapsedTime(start) };
            }, cancellationToken), cancellationToken);
    }

    private static TrainingPlan Plan(string modelFolder, string dataPath, AdapterTrainingOptions options, TrainingOptions training,
        CancellationToken cancellationToken)
    {
        var process = Environment.WorkingSet;
        options.Validate();
        training.Validate();
        return WithParts(modelFolder, dataPath, options, training,
            (parts, _) => AdapterTrainingPlan.Make(parts, process, cancellationToken), cancellationToken);
    }

    /// <summary>Reads everything but the weights of the base, and gives it away as long as it is open.</summary>
    private static T WithParts<T>(string modelFolder, string dataPath, AdapterTrainingOptions options, TrainingOptions training,
        Func<AdapterTaskParts, string, T> use, CancellationToken cancellationToken)
    {
        using var model = AdapterBase.Open(modelFolder);
        var slots = LoraParameters.Select(model.Slots, options.TargetModules);
        var examples = Read(model, modelFolder, dataPath, options, cancellationToken);
        var dev = options.DevData is { } path ? Read(model, modelFolder, path, options with { TrainRows = null }, cancellationToken) : null;
        var fingerprint = model.Fingerprint(cancellationToken);
        var parameters = LoraParameters.Create(slots, options.Rank, training.Seed);
        try
        {
            var parts = new AdapterTaskParts
            {
                Base = model,
                Parameters = parameters,
                Examples = examples,
                Batches = new AdapterBatches(
                    examples.Items, training.BatchSize, options.GradientAccumulation, examples.PadTokenId, training.Seed),
                DevBatches = dev is null ? [] : AdapterBatches.InOrder(dev.Items, training.BatchSize, dev.PadTokenId),
                Options = options,
                Training = training,
                // which of the weights are kept may depend on the dev data
                Fingerprint = $"base={fingerprint} data={examples.Data.Fingerprint} dev={dev?.Data.Fingerprint ?? "none"} "
                    + options.Identity,
            };
            return use(parts, fingerprint);
        }
        finally
        {
            foreach (var parameter in parameters)
                parameter.Dispose();
        }
    }

    private static AdapterExamples Read(
        AdapterBase model, string modelFolder, string path, AdapterTrainingOptions options, CancellationToken cancellationToken)
    {
        var data = AdapterData.ReadAsync(path, options, cancellationToken).GetAwaiter().GetResult();
        var examples = AdapterExamples.Encode(data, modelFolder, options, cancellationToken);
        examples.Check(model.Dimensions);
        return examples;
    }

    private static AdapterTask CreateTask(AdapterTaskParts parts) => new(parts);
}
