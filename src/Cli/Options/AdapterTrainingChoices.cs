using System.CommandLine;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>The options of <c>train adapter</c> that say what it learns and how large it is.</summary>
internal sealed class AdapterTrainingChoices
{
    private const string AllLinear = "all-linear";

    private static readonly AdapterTrainingOptions Defaults = new();

    private static readonly Dictionary<string, AdapterSide> Sides = new()
    {
        ["positive"] = AdapterSide.Positive,
        ["negative"] = AdapterSide.Negative,
    };

    private readonly Option<string?> _side = new("--side")
    {
        Description = "Which sentence beside sent0 is learned: positive (sent1) or negative (hard_neg). None for data of other columns.",
        HelpName = "SIDE",
    };
    private readonly Option<string> _language = Of("--language", "English name of the language of the answers, for the prompt.", "NAME",
        Defaults.Language);
    private readonly Option<string> _prompts = Of("--prompts",
        "The prompt around sent0: xllora-train-v1, or xllora-gen-v1, which synthesize asks with.", "SET", Defaults.PromptSet);
    private readonly Option<int> _rank = Of("--rank", "Of the factors.", "N", Defaults.Rank);
    private readonly Option<double> _alpha = Of("--alpha", "What they add is multiplied by alpha / rank.", "X", Defaults.Alpha);
    private readonly Option<double> _dropout = Of("--dropout", "Share of what goes into them that drops out.", "X", Defaults.Dropout);
    private readonly Option<string[]> _targets = new("--target-modules")
    {
        Description = $"Modules by the ends of their names, such as q_proj v_proj. Default: {AllLinear}, those of the text model.",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<int> _maxLength = Of("--max-length", "Tokens after which an example is cut.", "N", Defaults.MaxLength);
    private readonly Option<bool?> _completionOnly = new("--completion-only")
    {
        Description = "true: the answer alone is learned; false: the prompt too. Default: true with sent0, false for other columns.",
        HelpName = "BOOL",
    };
    private readonly Option<bool> _assistantOnly = new("--assistant-only")
    {
        Description = "Only what the model has to write is learned: without the mark of its turn, which XL-LoRA learns, too.",
    };
    private readonly Option<int> _accumulation = Of("--gradient-accumulation", "Batches of a step; 4 in the scripts of XL-LoRA.", "N",
        Defaults.GradientAccumulation);
    private readonly Option<int?> _trainRows = new("--train-rows") { Description = "Only the first N rows.", HelpName = "N" };
    private readonly Option<string?> _dev = new("--dev")
    {
        Description = "Data of the same columns to score the adapter on. Early stopping looks at it.",
        HelpName = "FILE",
    };
    private readonly Option<bool> _checkpointing = new("--checkpointing")
    {
        Description = "Compute layers again for their gradients: less memory, more time.",
    };
    private readonly Option<string> _basePrecision = new("--base-precision")
    {
        Description = "How the base lies in memory: fp32, int8, or nf4 as in QLoRA and XL-LoRA.",
        HelpName = "NAME",
        DefaultValueFactory = _ => Name(Defaults.BasePrecision),
    };
    private readonly Option<string?> _baseName = new("--base-name")
    {
        Description = "What the adapter calls its base, such as google/gemma-3-27b-it. Default: the name of the folder.",
        HelpName = "NAME",
    };

    public void AddTo(Command command)
    {
        _side.AcceptOnlyFromAmong([.. Sides.Keys]);
        _basePrecision.AcceptOnlyFromAmong([.. Enum.GetValues<AdapterBasePrecision>().Select(Name)]);
        foreach (var option in (Option[])[_side, _language, _prompts, _rank, _alpha, _dropout, _targets, _maxLength, _completionOnly,
            _assistantOnly, _accumulation, _trainRows, _dev, _checkpointing, _basePrecision, _baseName])
            command.Add(option);
    }

    public AdapterTrainingOptions Read(ParseResult parse) => new()
    {
        Side = parse.GetValue(_side) is { } side ? Sides[side] : null,
        Language = parse.GetRequiredValue(_language),
        PromptSet = parse.GetRequiredValue(_prompts),
        Rank = parse.GetValue(_rank),
        Alpha = parse.GetValue(_alpha),
        Dropout = parse.GetValue(_dropout),
        TargetModules = parse.GetValue(_targets) is { Length: > 0 } targets && targets is not [AllLinear] ? targets : null,
        MaxLength = parse.GetValue(_maxLength),
        CompletionOnly = parse.GetValue(_completionOnly),
        AssistantOnly = parse.GetValue(_assistantOnly),
        GradientAccumulation = parse.GetValue(_accumulation),
        TrainRows = parse.GetValue(_trainRows),
        DevData = parse.GetValue(_dev),
        Checkpointing = parse.GetValue(_checkpointing),
        BasePrecision = Enum.Parse<AdapterBasePrecision>(parse.GetRequiredValue(_basePrecision), ignoreCase: true),
        BaseModelName = parse.GetValue(_baseName),
    };

    private static string Name(AdapterBasePrecision precision) => precision.ToString().ToLowerInvariant();

    private static Option<T> Of<T>(string name, string description, string helpName, T value) => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => value,
    };
}
