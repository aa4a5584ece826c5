using System.Diagnostics;

namespace XlLoraOnnx.Training;

/// <summary>Trains sentence encoders from triplets, pairs or texts: SimCSE (arXiv 2104.08821) as XL-LoRA runs it.</summary>
public static class EncoderTrainer
{
    /// <summary>Trains an encoder and writes it as a sentence-transformers folder, on a thread of its own.</summary>
    /// <remarks>
    /// Everything is read and checked before the first step. Checkpoints are kept in <paramref name="outputFolder"/><c>.partial</c>; after
    /// an interruption of any kind the same call goes on there, and ends with the same bits. The folder is there when it is whole.
    /// </remarks>
    /// <param name="modelFolder">Hugging Face checkpoint of a BERT, DistilBERT, RoBERTa, XLM-RoBERTa or ModernBERT.</param>
    /// <param name="dataPath">A table, JSON lines, Parquet or plain text, or a folder of them: an anchor, maybe a positive, maybe a hard
    /// negative in each row; or a run of <c>synthesize</c>.</param>
    /// <param name="outputFolder">Must not exist, or be empty.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="training">Null for the defaults.</param>
    /// <param name="progress">Told on that thread after every step and evaluation.</param>
    /// <exception cref="InvalidDataException">A file is malformed, or the data has rows that cannot be trained on.</exception>
    /// <exception cref="NotSupportedException">The checkpoint is of another kind.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="NotFiniteLossException">The loss of a step is no number; the last checkpoint stays.</exception>
    /// <exception cref="IOException">The output is there, the disk is full, or the unfinished run is another one.</exception>
    /// <exception cref="TrainingInterruptedException">It was cancelled and can be continued.</exception>
    public static Task<EncoderTrainingReport> TrainAsync(string modelFolder, string dataPath, string outputFolder,
        EncoderTrainingOptions? options = null, TrainingOptions? training = null, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        ArgumentException.ThrowIfNullOrEmpty(dataPath);
        ArgumentException.ThrowIfNullOrEmpty(outputFolder);
        return OwnThread.RunAsync(() => Train(modelFolder, dataPath, outputFolder, options ?? new EncoderTrainingOptions(),
            training ?? new TrainingOptions(), CreateTask, progress, cancellationToken), cancellationToken);
    }

    /// <summary>What a training would take, in memory and time. Nothing is written; some steps are made, and their weights thrown
    /// away.</summary>
    /// <param name="modelFolder">As for <see cref="TrainAsync"/>.</param>
    /// <param name="dataPath">As for <see cref="TrainAsync"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="training">Null for the defaults.</param>
    /// <exception cref="InvalidDataException">A file is malformed, or the data has rows that cannot be trained on.</exception>
    /// <exception cref="NotSupportedException">The checkpoint is of another kind.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="NotFiniteLossException">The loss of a first step is no number.</exception>
    public static Task<TrainingPlan> PlanAsync(string modelFolder, string dataPath, EncoderTrainingOptions? options = null,
        TrainingOptions? training = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        ArgumentException.ThrowIfNullOrEmpty(dataPath);
        return OwnThread.RunAsync(() => Plan(modelFolder, dataPath, options ?? new EncoderTrainingOptions(),
            training ?? new TrainingOptions(), cancellationToken), cancellationToken);
    }

    /// <param name="createTask">Makes the graphs; what it makes is disposed of here, if it can be.</param>
    internal static EncoderTrainingReport Train(string modelFolder, string dataPath, string outputFolder, EncoderTrainingOptions options,
        TrainingOptions training, Func<EncoderTaskParts, ITrainingTask> createTask, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var start = Stopwatch.GetTimestamp();
        options.Validate();
        training.Validate();
        var output = PartialFolder.CheckFree(outputFolder);
        return WithParts(modelFolder, dataPath, options, training, (parts, fingerprint) =>
            TrainingRun.Run(createTask(parts), training, output, progress, (result, place, curves) =>
            {
                // the card says how long it took up to itself
                var report = new EncoderTrainingReport(parts, result, output) with { Elapsed = Stopwatch.GetElapsedTime(start) };
                var head = parts.Options.MlpOnlyTrain ? null : parts.Head;
                var writer = new SentenceTransformersWriter(parts.Checkpoint, parts.Parameters, head, parts.Options.Pooler);
                writer.Write(place, output, EncoderCard.Render(parts, report, fingerprint, ModelExport.ToolVersion), curves, cancellationToken);
                return report with { Elapsed = Stopwatch.GetElapsedTime(start) };
            }, cancellationToken), cancellationToken);
    }

    private static TrainingPlan Plan(string modelFolder, string dataPath, EncoderTrainingOptions options, TrainingOptions training,
        CancellationToken cancellationToken)
    {
        var process = Environment.WorkingSet;
        options.Validate();
        training.Validate();
        return WithParts(modelFolder, dataPath, options, training, (parts, _) =>
        {
            using var task = new EncoderTask(parts);
            return EncoderTrainingPlan.Make(parts, task, process, cancellationToken);
        }, cancellationToken);
    }

    /// <summary>Reads everything, and gives it away as long as it is open.</summary>
    private static T WithParts<T>(string modelFolder, string dataPath, EncoderTrainingOptions options, TrainingOptions training,
        Func<EncoderTaskParts, string, T> use, CancellationToken cancellationToken)
    {
        using var checkpoint = EncoderCheckpoint.Open(modelFolder);
        var triplets = ReadTriplets(checkpoint, dataPath, options, cancellationToken);
        using var languageModel = options.MaskedLanguageModeling ? new LanguageModelHead(checkpoint) : null;
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph, languageModel?.Table);
        using var head = options.Pooler == EncoderPooler.Cls ? new MlpHead(checkpoint, training.Seed) : null;
        var fingerprint = checkpoint.Fingerprint(cancellationToken);
        var parts = new EncoderTaskParts
        {
            Checkpoint = checkpoint,
            Parameters = parameters,
            Head = head,
            LanguageModel = languageModel,
            Batches = new TripletBatches(triplets, checkpoint.Facts.PadTokenId, training.BatchSize, training.Seed),
            DevSets = new DevSets(options.DevSets),
            Options = options,
            Training = training,
            Fingerprint = $"base={fingerprint} data={triplets.Data.Fingerprint} {options.Identity}",
        };
        return use(parts, fingerprint);
    }

    private static TokenizedTriplets ReadTriplets(
        EncoderCheckpoint checkpoint, string dataPath, EncoderTrainingOptions options, CancellationToken cancellationToken)
    {
        var data = TripletData.ReadAsync(dataPath, options.Split, options.TrainRows, cancellationToken).GetAwaiter().GetResult();
        return TokenizedTriplets.Make(data, checkpoint.Tokenizer, checkpoint.Facts, options.MaxLength, cancellationToken);
    }

    private static EncoderTask CreateTask(EncoderTaskParts parts) => new(parts);
}
