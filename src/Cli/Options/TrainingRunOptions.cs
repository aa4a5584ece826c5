using System.CommandLine;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>The options of everything that trains: how long and how fast.</summary>
/// <param name="defaults">Where nobody says otherwise.</param>
internal sealed class TrainingRunOptions(TrainingOptions defaults)
{
    private static readonly Dictionary<string, LearningRateSchedule> Schedules = new()
    {
        ["linear"] = LearningRateSchedule.Linear,
        ["constant"] = LearningRateSchedule.Constant,
        ["constant_with_warmup"] = LearningRateSchedule.ConstantWithWarmup,
    };

    private readonly Option<int> _epochs = Number("--epochs", "Passes over the data.", defaults.Epochs);
    private readonly Option<long?> _maxSteps = new("--max-steps") { Description = "Steps, whatever --epochs says.", HelpName = "N" };
    private readonly Option<int> _batchSize = Number("--batch-size", "Rows of a batch.", defaults.BatchSize);
    private readonly Option<double> _learningRate = Number("--learning-rate", "Highest learning rate.", defaults.LearningRate, "X");
    private readonly Option<string> _schedule = new("--schedule")
    {
        Description = $"How the learning rate changes: {string.Join(", ", Schedules.Keys)}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => Schedules.Single(s => s.Value == defaults.Schedule).Key,
    };
    private readonly Option<long> _warmupSteps = Number("--warmup-steps", "Steps over which the learning rate rises.",
        defaults.WarmupSteps);
    private readonly Option<double> _warmupRatio = Number("--warmup-ratio", "The same as a share of all steps.", defaults.WarmupRatio, "X");
    private readonly Option<double> _weightDecay = Number("--weight-decay", "Decay of weights that are no bias and of no norm.",
        defaults.WeightDecay, "X");
    private readonly Option<double> _maxGradNorm = Number("--max-grad-norm", "Norm that gradients are clipped to; 0 for no clipping.",
        defaults.MaxGradNorm, "X");
    private readonly Option<long> _seed = Number("--seed", "Of the order of the rows and of dropout.", defaults.Seed);
    private readonly Option<long> _saveSteps = Number("--save-steps", "Steps between checkpoints; there is one after each epoch, too.",
        defaults.SaveSteps);
    private readonly Option<long?> _evalSteps = new("--eval-steps")
    {
        Description = "Steps between evaluations on the dev sets. Default: before the first step and after each epoch.",
        HelpName = "N",
    };
    private readonly Option<int?> _patience = new("--patience")
    {
        Description = "End after so many evaluations without a better first dev score. Default: go on to the end.",
        HelpName = "N",
    };
    private readonly Option<bool> _loadBest = new("--load-best-model-at-end")
    {
        Description = "Write the weights with the best first dev score instead of the last ones.",
    };
    private readonly Option<int> _threads = Number("--threads", "0 for as many as there are cores; the result does not depend on them.",
        defaults.Threads);

    public void AddTo(Command command)
    {
        _schedule.AcceptOnlyFromAmong([.. Schedules.Keys]);
        foreach (var option in (Option[])[_epochs, _maxSteps, _batchSize, _learningRate, _schedule, _warmupSteps, _warmupRatio,
            _weightDecay, _maxGradNorm, _seed, _saveSteps, _evalSteps, _patience, _loadBest, _threads])
            command.Add(option);
    }

    public TrainingOptions Read(ParseResult parse) => new()
    {
        Epochs = parse.GetValue(_epochs),
        MaxSteps = parse.GetValue(_maxSteps),
        BatchSize = parse.GetValue(_batchSize),
        LearningRate = parse.GetValue(_learningRate),
        Schedule = Schedules[parse.GetRequiredValue(_schedule)],
        WarmupSteps = parse.GetValue(_warmupSteps),
        WarmupRatio = parse.GetValue(_warmupRatio),
        WeightDecay = parse.GetValue(_weightDecay),
        MaxGradNorm = parse.GetValue(_maxGradNorm),
        Seed = parse.GetValue(_seed),
        SaveSteps = parse.GetValue(_saveSteps),
        EvalSteps = parse.GetValue(_evalSteps),
        Patience = parse.GetValue(_patience),
        LoadBestModelAtEnd = parse.GetValue(_loadBest),
        Threads = parse.GetValue(_threads),
    };

    private static Option<T> Number<T>(string name, string description, T value, string helpName = "N") => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => value,
    };
}
