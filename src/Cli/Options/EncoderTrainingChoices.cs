using System.CommandLine;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>The options of <c>train encoder</c> that say what it is trained for.</summary>
internal sealed class EncoderTrainingChoices
{
    private static readonly EncoderTrainingOptions Defaults = new();

    private static readonly Dictionary<string, EncoderPooler> Poolers = new()
    {
        ["avg_first_last"] = EncoderPooler.AvgFirstLast,
        ["avg"] = EncoderPooler.Avg,
        ["avg_top2"] = EncoderPooler.AvgTop2,
        ["cls"] = EncoderPooler.Cls,
        ["cls_before_pooler"] = EncoderPooler.ClsBeforePooler,
    };

    private readonly Option<string> _pooler = new("--pooler")
    {
        Description = $"How a text becomes one vector: {string.Join(", ", Poolers.Keys)}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => Poolers.Single(p => p.Value == Defaults.Pooler).Key,
    };
    private readonly Option<bool> _mlpOnlyTrain = new("--mlp-only-train")
    {
        Description = "With --pooler cls: leave its linear layer out of the model that is written.",
    };
    private readonly Option<double> _temperature = new("--temperature")
    {
        Description = "What cosines are divided by.",
        HelpName = "X",
        DefaultValueFactory = _ => Defaults.Temperature,
    };
    private readonly Option<double> _hardNegativeWeight = new("--hard-negative-weight")
    {
        Description = "Added to the logit of an anchor's own hard negative.",
        HelpName = "X",
        DefaultValueFactory = _ => Defaults.HardNegativeWeight,
    };
    private readonly Option<bool> _doMlm = new("--do-mlm")
    {
        Description = "Add the loss of a masked language model, by the head of the checkpoint: hidden tokens are guessed in a second pass.",
    };
    private readonly Option<double> _mlmWeight = new("--mlm-weight")
    {
        Description = "With --do-mlm: what its loss is multiplied by.",
        HelpName = "X",
        DefaultValueFactory = _ => Defaults.MlmWeight,
    };
    private readonly Option<double> _mlmProbability = new("--mlm-probability")
    {
        Description = "With --do-mlm: share of the tokens that are guessed.",
        HelpName = "X",
        DefaultValueFactory = _ => Defaults.MlmProbability,
    };
    private readonly Option<int> _maxLength = new("--max-length")
    {
        Description = "Longer texts are cut to this many tokens.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.MaxLength,
    };
    private readonly Option<int?> _chunkSize = new("--chunk-size")
    {
        Description = "Texts in memory at once; the contrast is over the whole batch all the same. Default: the whole batch.",
        HelpName = "N",
    };
    private readonly Option<double?> _dropout = new("--dropout") { Description = "Default: what config.json says.", HelpName = "X" };
    private readonly Option<bool> _checkpointing = new("--checkpointing")
    {
        Description = "Compute layers again for their gradients: less memory, more time.",
    };
    private readonly Option<int?> _trainRows = new("--train-rows") { Description = "Only the first N rows.", HelpName = "N" };
    private readonly Option<string?> _split = RunOptions.Split();
    private readonly Option<string[]> _dev = new("--dev")
    {
        Description = "Files or folders to score the encoder on, as evaluate takes them. Early stopping looks at their mean.",
        HelpName = "PATH",
        AllowMultipleArgumentsPerToken = true,
    };

    public void AddTo(Command command)
    {
        _pooler.AcceptOnlyFromAmong([.. Poolers.Keys]);
        foreach (var option in (Option[])[_pooler, _mlpOnlyTrain, _temperature, _hardNegativeWeight, _doMlm, _mlmWeight,
            _mlmProbability, _maxLength, _chunkSize, _dropout, _checkpointing, _trainRows, _split, _dev])
            command.Add(option);
    }

    public EncoderTrainingOptions Read(ParseResult parse) => new()
    {
        Pooler = Poolers[parse.GetRequiredValue(_pooler)],
        MlpOnlyTrain = parse.GetValue(_mlpOnlyTrain),
        Temperature = parse.GetValue(_temperature),
        HardNegativeWeight = parse.GetValue(_hardNegativeWeight),
        MaskedLanguageModeling = parse.GetValue(_doMlm),
        MlmWeight = parse.GetValue(_mlmWeight),
        MlmProbability = parse.GetValue(_mlmProbability),
        MaxLength = parse.GetValue(_maxLength),
        ChunkSize = parse.GetValue(_chunkSize),
        Dropout = parse.GetValue(_dropout),
        Checkpointing = parse.GetValue(_checkpointing),
        TrainRows = parse.GetValue(_trainRows),
        Split = parse.GetValue(_split),
        DevSets = parse.GetValue(_dev) ?? [],
    };
}
