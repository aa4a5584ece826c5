namespace XlLoraOnnx.Training;

/// <summary>Everything that a training for two languages reads and checks before its first step, as long as it is open.</summary>
internal sealed class FusionPreparation : IDisposable
{
    private readonly FusionBase _model;
    private readonly TranslationEncoder? _translation;
    private readonly IReadOnlyList<Parameter> _parameters = [];

    /// <exception cref="InvalidDataException">A file is malformed, or the data has rows that cannot be trained on.</exception>
    /// <exception cref="NotSupportedException">The checkpoint is of another kind.</exception>
    /// <exception cref="ArgumentException">Something does not go together.</exception>
    public FusionPreparation(
        string modelFolder, string dataPath, FusionTrainingOptions options, TrainingOptions training, CancellationToken cancellationToken)
    {
        _model = new FusionBase(modelFolder, options, options.TranslationModel is { } translator
            ? ModelManifest.Read(translator).Dimensions.HiddenSize : null);
        try
        {
            CheckLength(_model, options);
            var facts = Facts(_model, options);
            var encoding = new TaskEncoding(XlLoraTokenizer.Load(modelFolder), facts, options.Task.Word(), options.MaxLength);
            _translation = options.TranslationModel is not { } folder ? null : new TranslationEncoder(
                folder, new FusionOptions { TextLanguage = options.TextLanguage }, facts);
            var examples = Read(dataPath, options.SourceData, options.TrainRows);
            // sources of dev data stand beside them
            var dev = options.DevData is { } path ? Read(path, sourcePath: null, mostRows: null) : null;
            _parameters = FusionParameters.Create(_model, options, training.Seed);
            var fingerprint = _model.Fingerprint(cancellationToken);
            Parts = new FusionTaskParts
            {
                Base = _model,
                Parameters = _parameters,
                Examples = examples,
                Batches = Batches(examples),
                DevBatches = dev is null ? null : Batches(dev),
                Translation = _translation,
                Options = options,
                Training = training,
                BaseFingerprint = fingerprint,
                // which of the weights are kept may depend on the dev data
                Fingerprint = $"base={fingerprint} task_run={_model.TaskSum(cancellationToken) ?? "none"} data={examples.Data.Fingerprint} "
                    + $"dev={dev?.Data.Fingerprint ?? "none"} mt_model={_translation?.Fingerprint ?? "none"} {options.Identity}",
            };

            FusionExamples Read(string path, string? sourcePath, int? mostRows)
            {
                var data = FusionData.ReadAsync(path, sourcePath, mostRows, options, cancellationToken).GetAwaiter().GetResult();
                var read = FusionExamples.Encode(data, encoding, _translation, options, cancellationToken);
                read.Check(_model.Dimensions, readsSources: _translation is null);
                return read;
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        FusionBatches Batches(FusionExamples examples)
        {
            // as the released code pads; otherwise padding changes nothing
            var length = options.Padding == FusionPadding.Released ? TokensOf(options) : (int?)null;
            var pad = _model.Config.PadTokenId;
            return new FusionBatches(
                examples.Items, training.BatchSize, length, pad, _translation?.Padding.PadTokenId ?? pad, training.Seed);
        }
    }

    public FusionTaskParts Parts { get; }

    public void Dispose()
    {
        foreach (var parameter in _parameters)
            parameter.Dispose();
        _translation?.Dispose();
        _model.Dispose();
    }

    private static int TokensOf(FusionTrainingOptions options) => options.JoinsTexts ? 2 * options.MaxLength : options.MaxLength;

    private static void CheckLength(FusionBase model, FusionTrainingOptions options)
    {
        if (TokensOf(options) > model.Dimensions.ContextLength)
            throw new ArgumentException($"{nameof(options.MaxLength)} is {options.MaxLength}"
                + (options.JoinsTexts ? ", and both languages are one input" : "")
                + $"; '{model.Folder}' reads {model.Dimensions.ContextLength} tokens. Give less.");
    }

    /// <summary>What the layout of texts depends on, as a folder would say it that the result is exported to.</summary>
    private static FlareFacts Facts(FusionBase model, FusionTrainingOptions options) => new()
    {
        Head = model.Shape.Head,
        Labels = model.Shape.Labels,
        Source = "none",
        SourceDimension = model.Shape.SourceDimension,
        // FLARE's code cuts at the right in the run of the task alone
        TruncationSide = options.IsTaskRun ? "right" : "left",
    };
}
