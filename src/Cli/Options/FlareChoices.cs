using System.CommandLine;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary>The options of <c>export</c> for a run of FLARE.</summary>
internal sealed class FlareChoices
{
    private readonly Option<string?> _base = new("--base")
    {
        Description = "Of a run of FLARE: the checkpoint that it was made from, with its tokenizer. MODEL_DIR is then the folder of the run.",
        HelpName = "BASE",
    };

    private readonly Option<string?> _taskRun = new("--task-run")
    {
        Description = "Of a run of FLARE: the run of its task in English, whose adapter is merged into the base. Not needed where the run "
            + "holds all weights.",
        HelpName = "DIR",
    };

    private readonly Option<string?> _fusion = new("--fusion")
    {
        Description = $"Fusion function of a run of FLARE that does not say it: {string.Join(", ", FusionFunctions.Names)}.",
        HelpName = "NAME",
    };

    private readonly Option<double?> _alpha = new("--lora-alpha")
    {
        Description = "lora_alpha of a run of FLARE without results_test.json.",
        HelpName = "X",
    };

    private readonly Option<double?> _taskAlpha = new("--task-alpha")
    {
        Description = "lora_alpha of --task-run, if that has no results_test.json.",
        HelpName = "X",
    };

    private readonly Option<int?> _heads = new("--cross-attention-heads")
    {
        Description = "Heads of the fusion cross-attention, of a run of FLARE without results_test.json.",
        HelpName = "N",
    };

    private readonly Option<string?> _adapter = new("--flare-adapter")
    {
        Description = "Write the adapter of a run of FLARE alone too, as a PEFT folder with a flare_config.json, which export takes again; "
            + "without --output nothing else. A run that holds all weights needs no --base for it.",
        HelpName = "DIR",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_base, _taskRun, _fusion, _alpha, _taskAlpha, _heads, _adapter])
            command.Add(option);
    }

    /// <exception cref="ArgumentException">Something is said of a run, and not what it was made from.</exception>
    public ExportOptions Apply(ParseResult parse, ExportOptions options)
    {
        var (checkpoint, adapter) = (parse.GetValue(_base), parse.GetValue(_adapter));
        if (checkpoint is null && adapter is null)
        {
            return Array.Find((Option[])[_taskRun, _fusion, _alpha, _taskAlpha, _heads], o => parse.GetResult(o) is { Implicit: false })
                is not { } given ? options
                : throw new ArgumentException($"{given.Name} is of a run of FLARE: say with --base what that was made from.");
        }
        return options with
        {
            Flare = new FlareOptions
            {
                BaseFolder = checkpoint,
                TaskRunFolder = parse.GetValue(_taskRun),
                Fusion = parse.GetValue(_fusion) is { } fusion ? FusionFunctions.Parse(fusion, _fusion.Name) : null,
                Alpha = parse.GetValue(_alpha),
                TaskAlpha = parse.GetValue(_taskAlpha),
                CrossAttentionHeads = parse.GetValue(_heads),
                AdapterFolder = adapter,
            },
        };
    }
}
